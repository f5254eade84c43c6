package io.telepresence.manager.inject;

import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The references {@code $(NAME)} in values of environment variables, as Kubernetes reads them: {@code $$} is a dollar
 * sign that begins none. Pure.
 */
final class EnvironmentReferences {
    /** What Kubernetes itself puts into the environment of every container; another container has it too. */
    private static final Pattern OF_SERVICES =
            Pattern.compile(".*_SERVICE_HOST|.*_SERVICE_PORT(_.*)?|.*_PORT(_\\d+_(TCP|UDP|SCTP)(_.*)?)?");

    private EnvironmentReferences() {}

    /** The text with the prefix before the names of those references that are meant. */
    static String prefixed(String text, String prefix, Predicate<String> meant) {
        StringBuilder result = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            int end = text.startsWith("$(", at) ? text.indexOf(')', at) : -1;
            if (text.startsWith("$$", at)) {
                result.append("$$");
                at += 2;
            } else if (end < 0) {
                result.append(text.charAt(at++));
            } else {
                String name = text.substring(at + 2, end);
                result.append("$(")
                        .append(meant.test(name) ? prefix : "")
                        .append(name)
                        .append(')');
                at = end + 1;
            }
        }
        return result.toString();
    }

    /**
     * Whether a name is one of the container's own variables.
     *
     * @param declared those that are declared by name
     * @param more the container has variables whose names are only known in the cluster
     */
    static Predicate<String> own(Set<String> declared, boolean more) {
        return name ->
                declared.contains(name) || more && !OF_SERVICES.matcher(name).matches();
    }
}

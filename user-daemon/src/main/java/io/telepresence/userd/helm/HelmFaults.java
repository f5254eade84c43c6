package io.telepresence.userd.helm;

import io.telepresence.fault.Fault;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What Helm says when it fails, as one sentence. */
final class HelmFaults {
    /** What the chart itself says about values that do not fit together, or do not fit the cluster. */
    private static final Pattern REFUSAL =
            Pattern.compile("execution error at \\([^)]*\\): (.+?)(?: Use --debug flag .*)?$");

    private HelmFaults() {}

    /**
     * @param pod what the manager's pod is waiting for; asked only where it did not become ready
     */
    static Fault of(IllegalStateException error, String namespace, Supplier<String> pod) {
        String text = flat(String.valueOf(error.getMessage()));
        if (text.contains("don't meet the specifications")
                || text.contains("additional properties")
                || text.contains("Additional property")) {
            return Fault.user("the Helm values are wrong: " + text, "See \"telepresence helm lint\"");
        }
        Matcher refusal = REFUSAL.matcher(text);
        if (refusal.find()) {
            return Fault.user("the Helm values are wrong: " + refusal.group(1), "See \"telepresence helm lint\"");
        }
        if (text.contains("forbidden")) {
            return Fault.denied(
                    "the cluster does not allow this: " + text,
                    "Installing needs the rights of a cluster administrator");
        }
        if (text.contains("timed out") || text.contains("deadline exceeded")) {
            String reason = pod.get();
            return Fault.unreachable(
                    "the traffic-manager in namespace " + namespace + " did not become ready: "
                            + (reason.isEmpty() ? text : reason),
                    "Look at \"kubectl -n " + namespace + " describe pod\"");
        }
        return Fault.unreachable("helm: " + text, "");
    }

    static Fault lint(String messages) {
        return Fault.user("the chart with these values has errors: " + flat(messages), "");
    }

    private static String flat(String text) {
        return text.lines().map(String::strip).filter(l -> !l.isEmpty()).collect(Collectors.joining(" "));
    }
}

package io.telepresence.manager.identity;

import io.telepresence.text.Printable;
import java.util.List;
import java.util.Map;

/**
 * A user as the API server knows it, for reviews of access: {@code UserInfo} of Kubernetes. All texts are the cluster's, from
 * outside: escape them before they are printed, or print {@link #toString}.
 *
 * @param user such as {@code alice} or {@code system:serviceaccount:NAMESPACE:NAME}; empty: nobody knows who it is
 * @param uid may be empty
 */
public record Person(String user, String uid, List<String> groups, Map<String, List<String>> extra) {
    /** Somebody who reached the port. */
    public static final Person UNKNOWN = new Person("", "", List.of(), Map.of());

    /** Characters of a user's name that are shown. */
    private static final int SHOWN = 120;

    public Person {
        groups = List.copyOf(groups);
        extra = Map.copyOf(extra);
    }

    public boolean known() {
        return !user.isEmpty();
    }

    /** The user's name, safe to print and not too long. */
    @Override
    public String toString() {
        if (!known()) {
            return "an unknown user";
        }
        int length = user.codePointCount(0, user.length());
        return Printable.line(length <= SHOWN ? user : user.substring(0, user.offsetByCodePoints(0, SHOWN)) + "…");
    }
}

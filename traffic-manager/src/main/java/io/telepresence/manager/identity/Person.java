package io.telepresence.manager.identity;

import java.util.List;
import java.util.Map;

/**
 * A user as the API server knows it, for reviews of access: {@code UserInfo} of Kubernetes. All texts are the cluster's, from
 * outside: escape them before they are printed.
 *
 * @param user such as {@code alice} or {@code system:serviceaccount:NAMESPACE:NAME}; empty: nobody knows who it is
 * @param uid may be empty
 */
public record Person(String user, String uid, List<String> groups, Map<String, List<String>> extra) {
    /** Somebody who reached the port. */
    public static final Person UNKNOWN = new Person("", "", List.of(), Map.of());

    public Person {
        groups = List.copyOf(groups);
        extra = Map.copyOf(extra);
    }

    public boolean known() {
        return !user.isEmpty();
    }

    @Override
    public String toString() {
        return known() ? user : "an unknown user";
    }
}

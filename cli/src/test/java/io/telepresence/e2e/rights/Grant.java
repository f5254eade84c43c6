package io.telepresence.e2e.rights;

/**
 * One verb on one resource.
 *
 * @param role kind and name, with {@link ChartGrants#NAMESPACE} in place of the manager's namespace
 * @param resource with its subresource, and its group as kubectl writes it
 * @param name the only object; empty: any
 */
record Grant(String role, String verb, String resource, String name) implements Comparable<Grant> {
    static String resource(String group, String resource) {
        return group.isEmpty() ? resource : resource + "." + group;
    }

    /** Whether it is for that call, which its role has allowed. */
    boolean allows(Call call) {
        return role.equals(call.role()) && covers(call);
    }

    /** The same, whoever was asked. */
    boolean covers(Call call) {
        boolean named = name.isEmpty() || call.name().isEmpty() || name.equals(call.name());
        return verb.equals(call.verb()) && resource.equals(call.resource()) && named;
    }

    @Override
    public int compareTo(Grant other) {
        return toString().compareTo(other.toString());
    }

    /** As a line of the list of those that nothing uses begins. */
    @Override
    public String toString() {
        return role + " " + verb + " " + resource;
    }
}

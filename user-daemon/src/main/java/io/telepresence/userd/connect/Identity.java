package io.telepresence.userd.connect;

import io.telepresence.agree.Routing;
import io.telepresence.userd.kubeconfig.KubeTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What two connections must have in common to be the same, and what else was asked for. Holds the user's credentials:
 * never log it.
 *
 * @param user the effective kubeconfig user
 * @param mapped as typed; may differ, and the later one counts
 */
record Identity(
        String server,
        String context,
        Map<String, Object> user,
        String namespace,
        String managerNamespace,
        List<String> mapped,
        Routing routing) {

    static Identity of(KubeTarget target, ConnectParameters request, String namespace, String managerNamespace) {
        return new Identity(
                target.server(),
                target.context(),
                target.user(),
                namespace,
                managerNamespace,
                request.mappedNamespaces().stream().sorted().toList(),
                request.routing());
    }

    /** What a connect asks for that this connection does not have: each with its value here and there; no credentials. */
    List<String> differences(Identity wanted) {
        List<String> all = new ArrayList<>();
        add(all, "cluster", server, wanted.server);
        add(all, "context", context, wanted.context);
        if (!user.equals(wanted.user)) {
            all.add("the user of the kubeconfig");
        }
        add(all, "namespace", namespace, wanted.namespace);
        add(all, "manager namespace", managerNamespace, wanted.managerNamespace);
        for (Routing.Rule rule : Routing.Rule.values()) {
            add(all, rule.flag(), names(routing.subnets(rule)), names(wanted.routing.subnets(rule)));
        }
        return all;
    }

    boolean same(Identity wanted) {
        return differences(wanted).isEmpty();
    }

    /** The namespaces that are mapped; empty: all of them, which is also what the one word "all" means. */
    static List<String> limit(List<String> mapped) {
        return mapped.equals(List.of("all")) ? List.of() : mapped;
    }

    /** Another cluster, or another way into it; else only what is wanted of the same one differs. */
    boolean sameCluster(Identity wanted) {
        return server.equals(wanted.server) && context.equals(wanted.context) && user.equals(wanted.user);
    }

    private static void add(List<String> all, String what, String here, String there) {
        if (!here.equals(there)) {
            all.add(what + " " + here + ", not " + there);
        }
    }

    private static String names(List<String> all) {
        return all.isEmpty() ? "(none)" : String.join(" ", all);
    }

    @Override
    public String toString() {
        return "context " + context + ", namespace " + namespace + " (" + server + ")";
    }
}

package io.telepresence.userd.connect;

import io.telepresence.userd.cluster.KubeTarget;
import java.util.List;
import java.util.Map;

/**
 * What two connections must have in common to be the same. Holds the user's credentials: never log it.
 *
 * @param user the effective kubeconfig user
 */
record Identity(
        String server,
        String context,
        Map<String, Object> user,
        String namespace,
        String managerNamespace,
        List<String> mapped,
        ConnectRequest.Routes routes) {

    static Identity of(KubeTarget target, ConnectRequest request, String namespace, String managerNamespace) {
        return new Identity(
                target.server(),
                target.context(),
                target.user(),
                namespace,
                managerNamespace,
                request.mappedNamespaces().stream().sorted().toList(),
                request.routes());
    }

    @Override
    public String toString() {
        return "context " + context + ", namespace " + namespace + " (" + server + ")";
    }
}

package io.telepresence.cli.daemon;

import io.telepresence.agree.Routing;
import java.util.List;

/**
 * What {@code connect} asks for.
 *
 * @param namespace empty: from the kube context
 * @param managerNamespace empty: from the configuration
 * @param routing subnets as typed
 * @param dial host:port where the daemon reaches the API server; empty: where the kubeconfig says
 */
public record ConnectRequest(
        KubeFlags kube,
        String name,
        String namespace,
        String managerNamespace,
        Routing routing,
        List<String> mapped,
        String dial) {
    public ConnectRequest(
            KubeFlags kube,
            String name,
            String namespace,
            String managerNamespace,
            Routing routing,
            List<String> mapped) {
        this(kube, name, namespace, managerNamespace, routing, mapped, "");
    }

    /** The same for a daemon in a container. */
    public ConnectRequest inContainer(String connection, String apiServer) {
        return new ConnectRequest(kube, connection, namespace, managerNamespace, routing, mapped, apiServer);
    }
}

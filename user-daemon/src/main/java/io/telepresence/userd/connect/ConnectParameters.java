package io.telepresence.userd.connect;

import io.telepresence.agree.Routing;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import java.util.List;

/**
 * What the user asked for.
 *
 * @param configFile file of {@code --config}, absolute; or empty
 * @param namespace empty: the one of the kubeconfig
 * @param managerNamespace empty: from configuration
 * @param routing subnets as typed
 * @param reuseOnly succeed only if there is a session already
 * @param dial host:port where the API server is reached; empty: where its URL says
 */
public record ConnectParameters(
        KubeconfigRequest kube,
        String configFile,
        String name,
        String namespace,
        String managerNamespace,
        List<String> mappedNamespaces,
        Routing routing,
        boolean reuseOnly,
        String dial) {}

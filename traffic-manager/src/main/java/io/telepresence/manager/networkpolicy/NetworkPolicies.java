package io.telepresence.manager.networkpolicy;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads network policies as the API's reference says that they are to be read. */
final class NetworkPolicies {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkPolicies.class);

    private NetworkPolicies() {}

    /** Those of a namespace; none where they may not be listed. Blocks for an API call. */
    static List<NetworkPolicy> in(KubernetesClient client, String namespace) {
        try {
            return client.network()
                    .v1()
                    .networkPolicies()
                    .inNamespace(namespace)
                    .list()
                    .getItems();
        } catch (KubernetesClientException e) {
            LOG.debug("network policies of {}: {}", namespace, e.getMessage());
            return List.of();
        }
    }

    /**
     * Whether that number is among what an entry lists; a name never is.
     *
     * @param protocol TCP, UDP or SCTP
     */
    static boolean lists(NetworkPolicyPort listed, String protocol, int number) {
        if (!protocol.equals(listed.getProtocol() == null ? "TCP" : listed.getProtocol())) {
            return false;
        }
        if (listed.getPort() == null) {
            return true;
        }
        Integer first = listed.getPort().getIntVal();
        int last = listed.getEndPort() == null ? (first == null ? 0 : first) : listed.getEndPort();
        return first != null && first <= number && number <= last;
    }
}

package io.telepresence.manager.network;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.agree.AgentNames;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The manager's own Service, where agents arrive. */
public final class OwnService {
    private static final Logger LOG = LoggerFactory.getLogger(OwnService.class);

    private OwnService() {}

    /** Its address; empty where it has none, or cannot be read. Blocks for one API call. */
    public static String address(KubernetesClient client, String namespace) {
        try {
            return Optional.ofNullable(client.services()
                            .inNamespace(namespace)
                            .withName(AgentNames.MANAGER_APP)
                            .get())
                    .map(service -> service.getSpec().getClusterIP())
                    .filter(ip -> !ip.equals("None"))
                    .orElse("");
        } catch (KubernetesClientException e) {
            LOG.warn("agents in pods without the cluster's DNS cannot arrive: {}", e.getMessage());
            return "";
        }
    }
}

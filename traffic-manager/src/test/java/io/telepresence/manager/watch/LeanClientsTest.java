package io.telepresence.manager.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeanClientsTest {
    /** Clients are kept from the addresses; what else a node says of itself would fill the heap. */
    @Test
    void ofTheStateOfANodeOnlyTheAddressesBecomeObjects() {
        String json =
                """
                {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n1", "managedFields": [{"manager": "m"}]},
                 "spec": {"podCIDRs": ["10.244.0.0/24"]},
                 "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}], "capacity": {"cpu": "2"},
                   "images": [{"names": ["a"], "sizeBytes": 7}], "nodeInfo": {"kubeletVersion": "v1.36.3"}}}""";
        try (KubernetesClient like =
                        new KubernetesClientBuilder().withConfig(Config.empty()).build();
                KubernetesClient lean = LeanClients.objects(like, List.of(Node.class))) {
            Node parsed = lean.getKubernetesSerialization().unmarshal(json, Node.class);
            Node plain = like.getKubernetesSerialization().unmarshal(json, Node.class);
            assertEquals(
                    "192.0.2.1", parsed.getStatus().getAddresses().getFirst().getAddress());
            assertEquals(List.of(), parsed.getStatus().getImages());
            assertEquals(ObjectTrim.node(plain), ObjectTrim.node(parsed));
        }
    }
}

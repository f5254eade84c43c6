package io.telepresence.manager.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.watch.FakeApiServer;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is read of a workload. */
@Timeout(20)
class ClusterPodsTest {
    private static final String SET =
            """
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-1", "namespace": "a", "uid": "r"%s},
             "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}},
                      "template": {"metadata": {"labels": {"app": "web"}}}}}
            """;
    private static final String OWNED =
            """
            , "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d", "controller": true}]
            """;

    private FakeApiServer api;

    @BeforeEach
    void open() throws IOException {
        api = FakeApiServer.open()
                .with(
                        "/api/v1/namespaces/a/services",
                        """
                        {"apiVersion": "v1", "kind": "ServiceList", "items": []}
                        """);
    }

    @AfterEach
    void close() {
        api.close();
    }

    private WorkloadPods.Shape shape() {
        return new ClusterPods(api.client(), new PodOwners(api.client(), Set.of("ReplicaSet")), (_, _) -> {})
                .shape(new WorkloadRef("ReplicaSet", "a", "web-1"))
                .orElseThrow();
    }

    @Test
    void aReplicaSetByItselfHasTheStrategyOfItsDeployment() {
        api.with("/apis/apps/v1/namespaces/a/replicasets/web-1", SET.formatted(OWNED))
                .with(
                        "/apis/apps/v1/namespaces/a/deployments/web",
                        """
                        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "a"},
                         "spec": {"strategy": {"type": "Recreate"}}}
                        """);
        assertEquals("Recreate", shape().strategy().said());
        assertEquals(0, shape().surge());
    }

    @Test
    void aReplicaSetOfNobodyHasNone() {
        api.with("/apis/apps/v1/namespaces/a/replicasets/web-1", SET.formatted(""));
        assertEquals(2, shape().surge());
    }
}

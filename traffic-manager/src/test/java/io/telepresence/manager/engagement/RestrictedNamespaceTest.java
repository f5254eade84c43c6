package io.telepresence.manager.engagement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.rpc.agent.AgentPort;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a namespace admits no NET_ADMIN, what is asked for decides whether an agent can come. */
class RestrictedNamespaceTest {
    private final FakeCluster cluster = new FakeCluster();
    private final Workloads workloads = cluster.workloads();
    private final SidecarConfigs sidecars = new SidecarConfigs(
            workloads, new SidecarConfigs.Settings("traffic-manager", 8081, 9900, "INFO"), _ -> Map.of());

    private KubernetesWorkload hard(String level) {
        cluster.add(
                """
                {apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {%s}}}
                ---
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: hard}, spec: {template: {metadata: {labels:
                   {app: hard}}, spec: {containers: [{name: main, ports: [{name: http, containerPort: 8080}]}]}}}}
                ---
                {apiVersion: v1, kind: Service, metadata: {name: hard}, spec: {selector: {app: hard},
                   ports: [{port: 80, targetPort: http}]}}
                ---
                {apiVersion: v1, kind: Service, metadata: {name: hardnum}, spec: {selector: {app: hard},
                   ports: [{port: 80, targetPort: 8080}]}}
                """
                        .formatted(level.isEmpty() ? "" : "pod-security.kubernetes.io/enforce: " + level));
        return workloads.get(new WorkloadRef("Deployment", "default", "hard")).orElseThrow();
    }

    private List<Boolean> redirected(KubernetesWorkload workload) {
        return sidecars
                .configFor(
                        workload.ref(),
                        workload.template().getMetadata(),
                        workload.template().getSpec())
                .getContainers(0)
                .getPortsList()
                .stream()
                .map(AgentPort::getRedirect)
                .toList();
    }

    private List<EngagedPort> choose(KubernetesWorkload workload, String service) throws FaultException {
        EngagementSpec spec = new EngagementSpec(
                EngagementKind.INTERCEPT,
                "hard",
                "default",
                "hard",
                "",
                service,
                "",
                "127.0.0.1",
                List.of(),
                EngagementOptions.NONE);
        return ServicePorts.choose(workload.ref(), sidecars.ports(workload), spec, sidecars.unredirected("default"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"baseline", "restricted"})
    void aPortByNameIsHadWithoutAnInitContainerAndOneByNumberIsRefused(String level) throws FaultException {
        KubernetesWorkload hard = hard(level);
        assertEquals(List.of(false), redirected(hard));
        assertEquals("hard", choose(hard, "hard").getFirst().service());
        Fault refused = assertThrows(FaultException.class, () -> choose(hard, "hardnum"))
                .fault();
        assertTrue(
                refused.text().contains("Service hardnum leads to it by its number")
                        && refused.text().contains("NET_ADMIN")
                        && refused.text().contains("pod-security.kubernetes.io/enforce is " + level),
                refused::text);
    }

    @Test
    void elsewhereBothAreHad() throws FaultException {
        for (String level : List.of("", "privileged")) {
            KubernetesWorkload hard = hard(level);
            assertEquals(List.of(true), redirected(hard));
            assertEquals("hardnum", choose(hard, "hardnum").getFirst().service());
        }
    }
}

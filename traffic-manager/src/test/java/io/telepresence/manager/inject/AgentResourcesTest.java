package io.telepresence.manager.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A pod keeps its class of quality of service. */
class AgentResourcesTest {
    private static final ResourceRequirements CHART =
            requirements("requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 192Mi}");
    private static final String EQUAL = "requests: {cpu: 2, memory: 1Gi}, limits: {cpu: 2, memory: 1Gi}";

    private static Pod pod(String... resources) {
        String containers = String.join(
                ", ",
                Stream.of(resources)
                        .map(r -> "{name: c, resources: {" + r + "}}")
                        .toList());
        return FakeCluster.parse(
                "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [" + containers + "]}}");
    }

    private static ResourceRequirements requirements(String resources) {
        return pod(resources).getSpec().getContainers().getFirst().getResources();
    }

    private static ResourceRequirements agentIn(String... resources) {
        return new AgentResources(pod(resources).getSpec()).of(CHART);
    }

    @Test
    void besideGuaranteedContainersTheAgentIsGuaranteedToo() {
        assertEquals(
                requirements("requests: {cpu: 500m, memory: 192Mi}, limits: {cpu: 500m, memory: 192Mi}"),
                agentIn(EQUAL, "limits: {cpu: 1, memory: 64Mi}"));
    }

    @Test
    void itAsksForNoMoreOfAProcessorThanTheLargestOfThem() {
        assertEquals(
                requirements("requests: {cpu: 200m, memory: 192Mi}, limits: {cpu: 200m, memory: 192Mi}"),
                agentIn("limits: {cpu: 200m, memory: 64Mi}", "limits: {cpu: 100m, memory: 64Mi}"));
    }

    @Test
    void besideOthersItIsAsTheChartSays() {
        assertEquals(CHART, agentIn(""));
        assertEquals(CHART, agentIn(EQUAL, ""));
        assertEquals(CHART, agentIn(EQUAL, "requests: {cpu: 1}, limits: {cpu: 2, memory: 1Gi}"));
        assertEquals(CHART, agentIn("limits: {memory: 1Gi}"));
    }

    @Test
    void aLimitThatIsConfiguredIsKept() {
        ResourceRequirements own = requirements("limits: {cpu: 3, memory: 256Mi}, requests: {cpu: 1}");
        assertEquals(
                requirements("limits: {cpu: 3, memory: 256Mi}, requests: {cpu: 3, memory: 256Mi}"),
                new AgentResources(pod(EQUAL).getSpec()).of(own));
    }

    @Test
    void allContainersOfOursAreSo() {
        InjectorSettings.Sidecar look = SidecarInjectorTest.look(true);
        InjectorSettings.Sidecar chart =
                new InjectorSettings.Sidecar(look.image(), CHART, look.securityContext(), look.init(), look.forms());
        AgentConfig config = AgentConfig.newBuilder()
                .addContainers(AgentContainer.newBuilder()
                        .setName("c")
                        .addPorts(AgentPort.newBuilder()
                                .setContainerPort(8080)
                                .setAgentPort(9900)
                                .setRedirect(true)))
                .build();
        Pod injected = new SidecarInjector(chart).inject(pod(EQUAL), config);
        for (Container container : Stream.concat(
                        injected.getSpec().getInitContainers().stream(), injected.getSpec().getContainers().stream())
                .toList()) {
            ResourceRequirements has = container.getResources();
            assertEquals(has.getLimits(), has.getRequests(), container::getName);
            assertEquals(2, has.getLimits().size(), container::getName);
        }
    }
}

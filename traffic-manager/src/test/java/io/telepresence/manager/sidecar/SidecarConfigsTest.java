package io.telepresence.manager.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.util.JsonFormat;
import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.engagement.Port;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.rpc.agent.AgentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * From pod.yaml, services.yaml and the file {@code replaced} (container, ports) of a case below {@code inject/} comes the
 * wished.json that the injector's test goes on with.
 */
class SidecarConfigsTest {
    private static final Path CASES = Path.of("src/test/resources/inject");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "env-and-volumes",
                "mount-policies",
                "native-app-sidecar",
                "replace-only-container",
                "replace-one-of-two",
                "replace-no-ports",
                "tls-annotations"
            })
    void isWhatTheInjectorIsTold(String name) throws IOException {
        Path directory = CASES.resolve(name);
        FakeCluster cluster = new FakeCluster();
        Path services = directory.resolve("services.yaml");
        if (Files.exists(services)) {
            cluster.add(Files.readString(services));
        }
        Map<String, Set<Port>> replaced = replaced(directory.resolve("replaced"));
        SidecarConfigs.Shown shown = new SidecarConfigs.Shown(
                MountPolicies.parse("{\"/tmp\": \"Local\"}", "the value"), List.of("PASSWORD"), 0);
        SidecarConfigs sidecars = new SidecarConfigs(
                cluster.workloads(),
                new SidecarConfigs.Settings("traffic-manager.ambassador", 8081, 9900, "INFO", shown),
                _ -> replaced);
        Pod pod = FakeCluster.parse(Files.readString(directory.resolve("pod.yaml")));
        AgentConfig config =
                sidecars.configFor(new WorkloadRef("Deployment", "default", "web"), pod.getMetadata(), pod.getSpec());
        String json = JsonFormat.printer().print(config.toBuilder().clearAgentVersion()) + "\n";
        Path desired = directory.resolve("wished.json");
        if ("true".equals(System.getenv("GOLDEN_UPDATE"))) {
            Files.writeString(desired, json);
        }
        assertEquals(Files.readString(desired), json);
    }

    @Test
    void saysTheManagersAddressToPodsThatCannotLookItUp() {
        SidecarConfigs sidecars = new SidecarConfigs(
                new FakeCluster().workloads(),
                new SidecarConfigs.Settings(
                        new SidecarConfigs.ManagerService("traffic-manager.ambassador", "10.96.0.7", 8081),
                        9900,
                        "INFO",
                        new SidecarConfigs.Shown(MountPolicies.NONE, List.of(), 0)),
                _ -> Map.of());
        Pod pod = FakeCluster.parse("{kind: Pod, apiVersion: v1, metadata: {name: a}, spec: {containers: []}}");
        AgentConfig config =
                sidecars.configFor(new WorkloadRef("Deployment", "default", "a"), pod.getMetadata(), pod.getSpec());
        assertEquals("10.96.0.7", config.getManagerAddress());
        assertEquals("traffic-manager.ambassador", config.getManagerHost());
    }

    /** The agent ends before the kubelet kills it, and not long before. */
    @Test
    void saysThePodsGracePeriod() {
        FakeCluster cluster = new FakeCluster();
        SidecarConfigs sidecars = new SidecarConfigs(
                cluster.workloads(), new SidecarConfigs.Settings("traffic-manager", 8081, 9900, "INFO"), _ -> Map.of());
        for (String[] each : new String[][] {{"120", "120"}, {"0", "1"}, {"null", "0"}}) {
            Pod pod = FakeCluster.parse("{kind: Pod, apiVersion: v1, metadata: {name: a}, spec: {containers: [],"
                    + " terminationGracePeriodSeconds: " + each[0] + "}}");
            AgentConfig config =
                    sidecars.configFor(new WorkloadRef("Deployment", "default", "a"), pod.getMetadata(), pod.getSpec());
            assertEquals(Integer.parseInt(each[1]), config.getGraceSeconds());
        }
    }

    private static Map<String, Set<Port>> replaced(Path file) throws IOException {
        Map<String, Set<Port>> replaced = new HashMap<>();
        for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
            String[] words = line.split(" ");
            replaced.put(
                    words[0],
                    Arrays.stream(words)
                            .skip(1)
                            .map(w -> Port.of(w.endsWith("/UDP"), Integer.parseInt(w.replace("/UDP", ""))))
                            .collect(Collectors.toCollection(LinkedHashSet::new)));
        }
        return replaced;
    }
}

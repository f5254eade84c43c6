package io.telepresence.manager.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.util.JsonFormat;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.rpc.manager.AgentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Each directory below {@code inject/} is a case: pod.yaml and wished.json become want.yaml. */
class AgentInjectorTest {
    static final KubernetesSerialization YAML = new KubernetesSerialization();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path CASES = Path.of("src/test/resources/inject");

    static InjectorSettings.Sidecar look(boolean init) {
        return new InjectorSettings.Sidecar(
                new InjectorSettings.Image(
                        "localhost/telepresence/traffic-agent:0.1.0",
                        "IfNotPresent",
                        List.of(new LocalObjectReference("ours"))),
                new ResourceRequirementsBuilder()
                        .addToRequests("memory", new Quantity("64Mi"))
                        .build(),
                null,
                new InjectorSettings.Init(init, null, null));
    }

    static Stream<String> cases() throws IOException {
        try (Stream<Path> found = Files.list(CASES)) {
            return found.map(p -> p.getFileName().toString()).sorted().toList().stream();
        }
    }

    static Pod pod(String name) throws IOException {
        return YAML.unmarshal(Files.readString(CASES.resolve(name).resolve("pod.yaml")), Pod.class);
    }

    static AgentConfig wished(String name) throws IOException {
        AgentConfig.Builder config = AgentConfig.newBuilder();
        JsonFormat.parser().merge(Files.readString(CASES.resolve(name).resolve("wished.json")), config);
        return config.build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void becomesWhatIsWanted(String name) throws IOException {
        Path want = CASES.resolve(name).resolve("want.yaml");
        Pod result = new AgentInjector(look(true)).inject(pod(name), wished(name));
        if ("true".equals(System.getenv("GOLDEN_UPDATE"))) {
            Files.writeString(want, YAML.asYaml(result));
        }
        assertEquals(Files.readString(want), YAML.asYaml(result));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void aSecondPassChangesNothing(String name) throws IOException {
        AgentInjector injector = new AgentInjector(look(true));
        Pod once = injector.inject(pod(name), wished(name));
        assertSame(once, injector.inject(once, wished(name)));
        assertTrue(injector.serves(once, wished(name)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void thePatchLeadsToTheResult(String name) throws IOException {
        JsonNode raw = JSON.valueToTree(
                YAML.unmarshal(Files.readString(CASES.resolve(name).resolve("pod.yaml")), java.util.Map.class));
        Pod before = YAML.unmarshal(raw.toString(), Pod.class);
        Pod after = new AgentInjector(look(true)).inject(before, wished(name));
        JsonNode patch = JsonPatch.between(JSON.readTree(YAML.asJson(before)), JSON.readTree(YAML.asJson(after)));
        Pod patched = YAML.unmarshal(JsonPatch.apply(patch, raw).toString(), Pod.class);
        assertEquals(after, patched);
    }

    @Test
    void withoutInitContainerRedirectedPortsAreLeftOut() throws IOException {
        AgentInjector injector = new AgentInjector(look(false));
        Pod pod = injector.inject(pod("numeric-port"), wished("numeric-port"));
        assertEquals(1, pod.getSpec().getInitContainers().size());
        assertEquals(
                0, AgentInjector.configOf(pod).orElseThrow().getContainers(0).getPortsCount());
        assertTrue(injector.serves(pod, wished("numeric-port")));
    }
}

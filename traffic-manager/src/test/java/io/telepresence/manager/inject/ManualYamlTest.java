package io.telepresence.manager.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.inject.ManualYaml.What;
import io.telepresence.manager.lifecycle.CreateEngagementBench;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManualYamlTest {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();
    private final CreateEngagementBench bench = new CreateEngagementBench();
    private ManualYaml manual;

    @BeforeEach
    void open() throws Exception {
        ManagerSettings settings = ManagerSettings.of(
                "{\"agent\": {\"image\": {\"reference\": \"localhost/telepresence/traffic-agent:0.1.0\"}}}", Map.of());
        manual = new ManualYaml(settings.injector(), bench.sidecars, bench.workloads);
    }

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    @Test
    void thePartsMakeAPodThatTheInjectorTakesForItsOwn() throws Exception {
        String config = config(Map.of());
        Container container = YAML.unmarshal(part(What.CONTAINER, config), Container.class);
        assertEquals("traffic-agent", container.getName());
        assertEquals("localhost/telepresence/traffic-agent:0.1.0", container.getImage());
        List<Volume> volumes = List.of(YAML.unmarshal(part(What.VOLUME, config), Volume[].class));
        assertTrue(volumes.stream().anyMatch(v -> v.getName().equals("tel-agent-token")), volumes::toString);
        Map<String, String> annotations = strings(part(What.ANNOTATIONS, config));
        PodTemplateSpec template = bench.workloads
                .get(new WorkloadRef("Deployment", "default", "echo"))
                .orElseThrow()
                .template();
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withAnnotations(annotations)
                .endMetadata()
                .withSpec(template.getSpec())
                .editSpec()
                .addToContainers(container)
                .endSpec()
                .build();
        WorkloadRef ref = new WorkloadRef("Deployment", "default", "echo");
        assertTrue(new SidecarInjector(SidecarInjectorTest.look(true))
                .serves(pod, bench.sidecars.configFor(ref, template.getMetadata(), template.getSpec())));
    }

    private String shaped(String form) throws Exception {
        return manual.answer(
                new ManualYaml.Question(What.CONTAINER, "default", "", "", config(Map.of()), Map.of("sidecar", form)));
    }

    @Test
    void bothFormsArePrinted() throws Exception {
        String ordinary = shaped("container");
        assertEquals(part(What.CONTAINER, config(Map.of())), ordinary);
        assertNull(YAML.unmarshal(ordinary, Container.class).getRestartPolicy());
        String sidecar = shaped("native");
        assertTrue(sidecar.startsWith("# a native sidecar: the last of spec.initContainers"), sidecar);
        Container agent = YAML.unmarshal(sidecar, Container.class);
        assertEquals("Always", agent.getRestartPolicy());
        assertEquals(9900, agent.getPorts().getFirst().getContainerPort());
        assertEquals("the agent's form is native or container, not auto", fault(() -> shaped("auto")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"batch/v1", "batch/v1beta1"})
    void aJobCanHaveANativeSidecarOnly(String version) throws Exception {
        String input =
                """
                apiVersion: %s
                kind: CronJob
                metadata: {name: nightly}
                spec:
                  schedule: "* * * * *"
                  jobTemplate:
                    spec:
                      template:
                        spec:
                          restartPolicy: Never
                          containers: [{name: work, image: work}]
                """
                        .formatted(version);
        String config = manual.answer(new ManualYaml.Question(What.CONFIG, "default", "", input, "", Map.of()));
        assertTrue(config.contains("CronJob"), config);
        String made = manual.answer(new ManualYaml.Question(What.CONTAINER, "default", "", input, config, Map.of()));
        assertEquals("Always", YAML.unmarshal(made, Container.class).getRestartPolicy());
        assertEquals(
                "CronJob nightly.default would never complete with an agent that is not a native sidecar",
                fault(() -> manual.answer(new ManualYaml.Question(
                        What.CONTAINER, "default", "", input, config, Map.of("sidecar", "container")))));
    }

    @Test
    void optionsChangeTheConfiguration() throws Exception {
        String config = config(
                Map.of("agent-image", "mine:1", "agent-port", "9950", "loglevel", "debug", "manager-port", "18081"));
        assertTrue(config.contains("logLevel: \"DEBUG\"") || config.contains("logLevel: DEBUG"), config);
        assertTrue(config.contains("18081"), config);
        Container container = YAML.unmarshal(part(What.CONTAINER, config), Container.class);
        assertEquals("mine:1", container.getImage());
        assertEquals(9950, container.getPorts().getFirst().getContainerPort());
        assertTrue(fault(() -> config(Map.of("agent-port", "99999"))).contains("99999"));
        assertTrue(fault(() -> config(Map.of("loglevel", "loud"))).contains("LOUD"));
    }

    @Test
    void aWorkloadMayComeAsYaml() throws Exception {
        String input =
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: fresh}
                spec:
                  template:
                    metadata:
                      annotations: {telepresence.io/inject-container-ports: "3000"}
                    spec:
                      containers: [{name: app, image: app}]
                """;
        String config = manual.answer(new ManualYaml.Question(What.CONFIG, "default", "", input, "", Map.of()));
        assertTrue(config.contains("3000"), config);
        String init =
                manual.answer(new ManualYaml.Question(What.INIT_CONTAINER, "default", "", input, config, Map.of()));
        assertTrue(init.contains("tel-agent-init"), init);
        assertTrue(fault(() -> part(What.INIT_CONTAINER, config(Map.of()))).contains("no container tel-agent-init"));
    }

    @Test
    void whatCannotBeReadIsSaid() {
        assertEquals("the agent's configuration cannot be read", fault(() -> part(What.CONTAINER, "- a")));
        assertEquals("the agent's configuration cannot be read", fault(() -> part(What.CONTAINER, "")));
        assertEquals(
                "found no workload named nothing in namespace default",
                fault(() ->
                        manual.answer(new ManualYaml.Question(What.CONFIG, "default", "nothing", "", "", Map.of()))));
        assertEquals(
                "the input is not a Deployment, ReplicaSet, StatefulSet, Job or CronJob",
                fault(() -> manual.answer(new ManualYaml.Question(
                        What.CONFIG,
                        "default",
                        "",
                        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}",
                        "",
                        Map.of()))));
        assertEquals(
                "the input is not a workload in YAML",
                fault(() -> manual.answer(new ManualYaml.Question(What.CONFIG, "default", "", "{{{", "", Map.of()))));
    }

    private interface Try {
        String run() throws Exception;
    }

    private static String fault(Try attempt) {
        return assertThrows(FaultException.class, attempt::run).fault().text();
    }

    private String config(Map<String, String> options) throws FaultException {
        return manual.answer(new ManualYaml.Question(What.CONFIG, "default", "echo", "", "", options));
    }

    private String part(What what, String config) throws FaultException {
        return manual.answer(new ManualYaml.Question(what, "default", "", "", config, Map.of()));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> strings(String yaml) {
        return YAML.unmarshal(yaml, Map.class);
    }
}

package io.telepresence.manager.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.util.JsonFormat;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.sidecar.SidecarAnnotation;
import io.telepresence.manager.watch.ApiServerVersionTest;
import io.telepresence.manager.webhook.JsonPatch;
import io.telepresence.rpc.agent.AgentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Each directory below {@code inject/} is a case: pod.yaml and wished.json become want.yaml. Files decide the form. */
public class SidecarInjectorTest {
    public static final KubernetesSerialization YAML = new KubernetesSerialization();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path CASES = Path.of("src/test/resources/inject");

    public static InjectorSettings.Sidecar look(boolean init) {
        return look(init, SidecarForms.Setting.AUTO, "v1.31.0");
    }

    /** @param server the API server's version, on which the form depends too */
    public static InjectorSettings.Sidecar look(boolean init, SidecarForms.Setting setting, String server) {
        return new InjectorSettings.Sidecar(
                new InjectorSettings.Image(
                        "localhost/telepresence/traffic-agent:0.1.0",
                        "IfNotPresent",
                        List.of(new LocalObjectReference("ours"))),
                new ResourceRequirementsBuilder()
                        .addToRequests("memory", new Quantity("64Mi"))
                        .build(),
                null,
                new InjectorSettings.Init(init, null, null),
                new SidecarForms(setting, Optional.of(ApiServerVersionTest.version(server))));
    }

    /** @param namespaces where named ports are redirected */
    public static SidecarInjector redirecting(String server, Predicate<String> namespaces) {
        InjectorSettings.Sidecar look = look(true, SidecarForms.Setting.AUTO, server);
        NamedPorts named =
                new NamedPorts(true, ns -> namespaces.test(ns) ? Optional.of(new ObjectMeta()) : Optional.empty());
        return new SidecarInjector(new InjectorSettings.Sidecar(
                look.image(),
                look.resources(),
                look.securityContext(),
                new InjectorSettings.Init(true, null, null, named),
                look.forms()));
    }

    static Stream<String> cases() throws IOException {
        try (Stream<Path> found = Files.list(CASES)) {
            return found.map(p -> p.getFileName().toString()).sorted().toList().stream();
        }
    }

    /**
     * As the file {@code server} of the case says it: the value agent.sidecar, or redirecting (named ports, too), and the
     * API server's version.
     */
    private static SidecarInjector injector(String name) throws IOException {
        Path file = CASES.resolve(name).resolve("server");
        if (!Files.exists(file)) {
            return new SidecarInjector(look(true));
        }
        String[] words = Files.readString(file).strip().split(" ");
        return words[0].equals("redirecting")
                ? redirecting(words[1], "default"::equals)
                : new SidecarInjector(
                        look(true, SidecarForms.Setting.valueOf(words[0].toUpperCase(Locale.ROOT)), words[1]));
    }

    static Pod pod(String name) throws IOException {
        return YAML.unmarshal(Files.readString(CASES.resolve(name).resolve("pod.yaml")), Pod.class);
    }

    static AgentConfig desired(String name) throws IOException {
        AgentConfig.Builder config = AgentConfig.newBuilder();
        JsonFormat.parser().merge(Files.readString(CASES.resolve(name).resolve("wished.json")), config);
        return config.build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void becomesWhatIsWanted(String name) throws IOException {
        Path want = CASES.resolve(name).resolve("want.yaml");
        Pod result = injector(name).inject(pod(name), desired(name));
        if ("true".equals(System.getenv("GOLDEN_UPDATE"))) {
            Files.writeString(want, YAML.asYaml(result));
        }
        assertEquals(Files.readString(want), YAML.asYaml(result));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void aSecondPassChangesNothing(String name) throws IOException {
        SidecarInjector injector = injector(name);
        Pod once = injector.inject(pod(name), desired(name));
        assertSame(once, injector.inject(once, desired(name)));
        assertTrue(injector.serves(once, desired(name)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void thePatchLeadsToTheResult(String name) throws IOException {
        JsonNode raw = JSON.valueToTree(
                YAML.unmarshal(Files.readString(CASES.resolve(name).resolve("pod.yaml")), java.util.Map.class));
        Pod before = YAML.unmarshal(raw.toString(), Pod.class);
        Pod after = injector(name).inject(before, desired(name));
        JsonNode patch = JsonPatch.between(JSON.readTree(YAML.asJson(before)), JSON.readTree(YAML.asJson(after)));
        Pod patched = YAML.unmarshal(JsonPatch.apply(patch, raw).toString(), Pod.class);
        assertEquals(after, patched);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void aRefreshWithoutNewsChangesNothing(String name) throws IOException {
        Pod once = injector(name).inject(pod(name), desired(name));
        assertSame(once, SidecarInjector.refreshed(once, desired(name)));
    }

    @Test
    void theAgentKnowsWhichKeysKubeletsSkip() throws IOException {
        SidecarInjector now = new SidecarInjector(look(true, SidecarForms.Setting.AUTO, "v1.32.0"));
        SidecarInjector before = new SidecarInjector(look(true, SidecarForms.Setting.AUTO, "v1.31.9"));
        Pod pod = pod("env-and-volumes");
        AgentConfig wish = desired("env-and-volumes");
        assertFalse(SidecarAnnotation.of(now.inject(pod, wish)).orElseThrow().getNarrowNames());
        assertTrue(SidecarAnnotation.of(before.inject(pod, wish)).orElseThrow().getNarrowNames());
    }

    private static SidecarInjector nativeInjector() {
        return new SidecarInjector(look(true, SidecarForms.Setting.AUTO, "v1.36.3"));
    }

    @Test
    void aPodOfEitherFormIsUpToDate() throws IOException {
        SidecarInjector container = new SidecarInjector(look(true, SidecarForms.Setting.CONTAINER, "v1.36.3"));
        for (String name : List.of("named-port", "numeric-port", "udp", "env-and-volumes")) {
            Pod ordinary = container.inject(pod(name), desired(name));
            Pod sidecar = nativeInjector().inject(pod(name), desired(name));
            assertFalse(PodContainers.hasNativeAgent(ordinary.getSpec()));
            assertTrue(PodContainers.hasNativeAgent(sidecar.getSpec()));
            assertTrue(nativeInjector().serves(ordinary, desired(name)), name);
            assertTrue(container.serves(sidecar, desired(name)), name);
            assertSame(sidecar, container.inject(sidecar, desired(name)));
            assertSame(ordinary, nativeInjector().inject(ordinary, desired(name)));
        }
    }

    /** Who gets the traffic is the same, so nothing has to be replaced where only the way to it has changed. */
    @Test
    void aNamedPortMayBeRedirectedOrRenamedButANumberMustBeRedirected() throws IOException {
        AgentConfig byName = desired("named-port");
        AgentConfig.Builder byNumber = byName.toBuilder();
        byNumber.getContainersBuilder(0).getPortsBuilder(0).setRedirect(true);
        SidecarInjector redirecting = redirecting("v1.31.0", _ -> true);
        SidecarInjector renaming = redirecting("v1.31.0", _ -> false);
        Pod redirected = redirecting.inject(pod("named-port"), byName);
        Pod renamed = renaming.inject(pod("named-port"), byName);
        assertTrue(SidecarAnnotation.of(redirected)
                .orElseThrow()
                .getContainers(0)
                .getPorts(0)
                .getRedirect());
        assertFalse(SidecarAnnotation.of(renamed)
                .orElseThrow()
                .getContainers(0)
                .getPorts(0)
                .getRedirect());
        for (SidecarInjector injector : List.of(redirecting, renaming)) {
            assertTrue(injector.serves(redirected, byName));
            assertTrue(injector.serves(renamed, byName));
            assertTrue(injector.serves(redirected, byNumber.build()));
            assertFalse(injector.serves(renamed, byNumber.build()));
        }
    }

    @Test
    void nothingDelaysTheStartOfTheApplicationButTheAgentsProcess() throws IOException {
        Pod pod = nativeInjector().inject(pod("named-port"), desired("named-port"));
        Container agent = PodContainers.agent(pod.getSpec()).orElseThrow();
        assertEquals("Always", agent.getRestartPolicy());
        assertNull(agent.getStartupProbe());
        assertNull(agent.getLifecycle().getPostStart());
        assertEquals("/readyz", agent.getReadinessProbe().getHttpGet().getPath());
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1.31.0", "v1.36.3"})
    void whatAnotherWebhookAddsLaterReachesTheAgentToo(String server) throws IOException {
        Pod once = new SidecarInjector(look(true, SidecarForms.Setting.AUTO, server))
                .inject(pod("env-and-volumes"), desired("env-and-volumes"));
        Pod later = new PodBuilder(once).build();
        Container app = later.getSpec().getContainers().getFirst();
        app.getEnv().add(new EnvVar("AWS_ROLE_ARN", "role", null));
        app.getVolumeMounts()
                .add(new VolumeMountBuilder()
                        .withName("aws-token")
                        .withMountPath("/var/run/secrets/eks")
                        .build());
        AgentConfig.Builder now = desired("env-and-volumes").toBuilder();
        now.getContainersBuilder(0).addMountsBuilder().setVolume("aws-token").setPath("/var/run/secrets/eks");
        Pod refreshed = SidecarInjector.refreshed(later, now.build());
        Container agent = PodContainers.agent(refreshed.getSpec()).orElseThrow();
        assertTrue(agent.getEnv().contains(new EnvVar("_TEL_APP_A_AWS_ROLE_ARN", "role", null)));
        assertTrue(agent.getVolumeMounts().stream()
                .anyMatch(m -> m.getMountPath().equals("/tel_app_mounts/app/var/run/secrets/eks")));
        assertEquals(
                6,
                SidecarAnnotation.of(refreshed).orElseThrow().getContainers(0).getMountsCount());
        assertEquals(PodContainers.agent(once.getSpec()).orElseThrow().getPorts(), agent.getPorts());
        assertSame(refreshed, SidecarInjector.refreshed(refreshed, now.build()));
    }

    @Test
    void replacedAndNotReplacedDifferInBothDirections() throws IOException {
        SidecarInjector injector = new SidecarInjector(look(true));
        AgentConfig replaced = desired("replace-one-of-two");
        AgentConfig.Builder back = replaced.toBuilder();
        back.getContainersBuilder(1).setReplaced(false);
        Pod pod = injector.inject(pod("replace-one-of-two"), replaced);
        assertTrue(injector.serves(pod, replaced));
        assertFalse(injector.serves(pod, back.build()));
        assertFalse(injector.serves(injector.inject(pod("replace-one-of-two"), back.build()), replaced));
        AgentConfig.Builder none = desired("replace-no-ports").toBuilder();
        none.getContainersBuilder(0).setReplaced(false);
        Pod worker = injector.inject(pod("replace-no-ports"), desired("replace-no-ports"));
        assertFalse(injector.serves(worker, none.build()));
    }

    @Test
    void whatOthersAddToThePodMakesItsAgentNoOlder() throws IOException {
        SidecarInjector injector = new SidecarInjector(look(true));
        AgentConfig template = desired("named-port");
        AgentConfig.Builder admitted = template.toBuilder();
        admitted.getContainersBuilder(0)
                .addMountsBuilder()
                .setVolume("kube-api-access")
                .setPath("/var/run/secrets");
        admitted.addContainersBuilder().setName("istio-proxy").setEnvPrefix("_TEL_APP_B_");
        assertTrue(injector.serves(injector.inject(pod("named-port"), admitted.build()), template));
    }

    @Test
    void theApplicationIsToldWhereItsAgentAnswers() throws IOException {
        AgentConfig config = desired("named-port").toBuilder().setApiPort(9980).build();
        Pod pod = new SidecarInjector(look(true)).inject(pod("named-port"), config);
        EnvVar told = new EnvVar("TELEPRESENCE_API_PORT", "9980", null);
        assertTrue(pod.getSpec().getContainers().getFirst().getEnv().contains(told));
        assertSame(pod, SidecarInjector.refreshed(pod, config));
    }

    @Test
    void withoutInitContainerRedirectedPortsAreLeftOut() throws IOException {
        SidecarInjector injector = new SidecarInjector(look(false));
        Pod pod = injector.inject(pod("numeric-port"), desired("numeric-port"));
        assertEquals(1, pod.getSpec().getInitContainers().size());
        assertEquals(0, SidecarAnnotation.of(pod).orElseThrow().getContainers(0).getPortsCount());
        assertTrue(injector.serves(pod, desired("numeric-port")));
    }
}

package io.telepresence.manager.webhook;

import static io.telepresence.manager.webhook.RenderedChart.one;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.agree.Versions;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.inject.SidecarForms;
import io.telepresence.manager.sidecar.MountPolicies;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The chart as Helm itself renders it. */
class ChartTest {
    private static final Path CHART = Path.of("src/main/chart");
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    private static List<HasMetadata> render(String kubeVersion, String values) throws Exception {
        return RenderedChart.render(kubeVersion, values);
    }

    @Test
    void helmFindsNothingWrong() {
        LintResult result = new Helm(CHART).lint().call();
        assertFalse(result.isFailed(), () -> String.join("\n", result.getMessages()));
    }

    @Test
    void versionIsThatOfTheBuild() throws Exception {
        String chart = Files.readString(CHART.resolve("Chart.yaml"));
        String version = Versions.VERSION.substring(1);
        assertTrue(chart.contains("\nversion: " + version + "\n") && chart.contains("\nappVersion: " + version + "\n"));
    }

    @Test
    void defaultsAreReadByTheInjector() throws Exception {
        InjectorSettings settings =
                RenderedChart.settings(render("1.33.0", "{}")).injector();
        assertTrue(settings.enabled());
        assertFalse(settings.whenEnabled());
        assertEquals(
                "localhost/telepresence/traffic-agent:0.1.0",
                settings.sidecar().image().name());
        assertEquals("agent-injector-webhook-ambassador", settings.hook().name());
        assertEquals(8443, settings.hook().port());
        assertTrue(settings.scope().manages("anything"));
        assertTrue(settings.sidecar().init().enabled());
        assertEquals(
                "192Mi",
                settings.sidecar().resources().getLimits().get("memory").toString());
        assertEquals(
                "{cpu=10m, memory=64Mi}",
                settings.sidecar().resources().getRequests().toString());
    }

    /** The limit that the image's launcher takes where there is none; its own test holds the shares of any limit. */
    private static String usualLimit(String role) throws Exception {
        return Files.readString(Path.of("../scripts/lib/build/image.bash"))
                        .replaceAll("(?s).*memory=\"([0-9]+) [0-9 ]+\"\n[^\n]*\n *" + role + "=.*", "$1")
                + "Mi";
    }

    @Test
    void heapAndDirectMemoryFollowTheLimit() throws Exception {
        assertEquals("192Mi", usualLimit("agent"));
        assertEquals("512Mi", usualLimit("manager"));
        StatefulSet set = one(render("1.33.0", "{}"), StatefulSet.class);
        Container manager =
                set.getSpec().getTemplate().getSpec().getContainers().getFirst();
        assertEquals("512Mi", manager.getResources().getLimits().get("memory").toString());
    }

    @Test
    void agentValuesReachTheInjector() throws Exception {
        InjectorSettings settings = RenderedChart.settings(
                        render(
                                "1.33.0",
                                """
                image: {registry: reg.example, tag: 9.9.9}
                agent:
                  image: {pullSecrets: [{name: one}, {name: two}]}
                  resources: {limits: {memory: 128Mi}}
                  securityContext: {runAsUser: 77}
                  initContainer: {enabled: false, namedPorts: false}
                agentInjector: {injectPolicy: WhenEnabled, webhook: {port: 9443}}
                namespaces: [a, b]
                workloads: {statefulSets: {enabled: false}}
                global: {anything: goes}
                logLevel: warning
                """))
                .injector();
        InjectorSettings.Sidecar sidecar = settings.sidecar();
        assertEquals("reg.example/traffic-agent:9.9.9", sidecar.image().name());
        assertEquals(2, sidecar.image().pullSecrets().size());
        assertEquals("128Mi", sidecar.resources().getLimits().get("memory").toString());
        assertEquals(77L, sidecar.securityContext().getRunAsUser());
        assertFalse(sidecar.init().enabled());
        assertFalse(sidecar.init().named().enabled());
        assertTrue(settings.whenEnabled());
        assertEquals(9443, settings.hook().port());
        assertEquals(List.of("a", "b"), settings.scope().namespaces());
        assertFalse(settings.scope().kinds().contains("StatefulSet"));
    }

    @Test
    void aListOfNamespacesLimitsRightsAndWebhook() throws Exception {
        List<HasMetadata> objects = render("1.33.0", "namespaces: [a, b]");
        ClusterRole role = managersRole(objects);
        assertTrue(role.getRules().stream()
                .flatMap(r -> r.getResources().stream())
                .allMatch(Set.of(
                        "tokenreviews",
                        "certificatesigningrequests",
                        "subjectaccessreviews",
                        "servicecidrs",
                        "mutatingwebhookconfigurations")::contains));
        String selector = YAML.asJson(one(objects, MutatingWebhookConfiguration.class)
                .getWebhooks()
                .getFirst()
                .getNamespaceSelector());
        assertTrue(selector.contains("[\"a\",\"b\",\"ambassador\"]"), selector);
        String old = YAML.asJson(one(render("1.20.2", "namespaces: [a, b]"), MutatingWebhookConfiguration.class)
                .getWebhooks()
                .getFirst()
                .getNamespaceSelector());
        assertFalse(old.contains("\"a\""), old);
    }

    @Test
    void theInjectorMayLookAtNamespacesAndNetworkPolicies() throws Exception {
        String rights = YAML.asJson(render("1.33.0", "namespaces: [b]").stream()
                .filter(Role.class::isInstance)
                .toList());
        assertTrue(rights.contains("\"namespaces\"") && rights.contains("\"networkpolicies\""), rights);
    }

    @Test
    void switchedOffPartsLeaveNothingBehind() throws Exception {
        List<HasMetadata> objects = render("1.33.0", "agentInjector: {enabled: false}");
        assertTrue(objects.stream().noneMatch(o -> o instanceof MutatingWebhookConfiguration || o instanceof Secret));
        assertTrue(managersRole(objects).getRules().stream()
                .filter(r -> !r.getResources().equals(List.of("certificatesigningrequests")))
                .noneMatch(r -> r.getVerbs().contains("delete") || r.getVerbs().contains("patch")));
        assertTrue(render("1.33.0", "rbac: {only: true}").stream()
                .allMatch(o ->
                        o.getApiVersion().startsWith("rbac.") || o.getKind().equals("ServiceAccount")));
    }

    @Test
    void clientsGetPortForwardToTheManagerOnly() throws Exception {
        List<HasMetadata> objects = render("1.33.0", "clientRbac: {create: true, subjects: [{kind: User, name: dev}]}");
        long roles = objects.stream()
                .filter(o -> YAML.asJson(o).contains("pods/portforward"))
                .peek(o -> assertEquals("ambassador", o.getMetadata().getNamespace()))
                .count();
        assertEquals(1, roles);
    }

    @Test
    void settingsOfEngagementsReachTheManager() throws Exception {
        ManagerSettings plain = RenderedChart.settings(render("1.33.0", "{}"));
        assertEquals(
                Map.of("/tmp", MountPolicies.Policy.LOCAL),
                plain.agent().shown().policies().chosen());
        assertEquals(Duration.ofMinutes(10), plain.rules().inactiveBlock());
        assertEquals(Duration.ZERO, plain.agent().maxIdle());
        assertTrue(plain.rules().allowGlobal());
        assertEquals(0, plain.agent().shown().apiPort());
        ManagerSettings set = RenderedChart.settings(
                render(
                        "1.33.0",
                        """
                agent: {mountPolicies: {/tmp: null, secrets: Ignore, /data: RemoteReadOnly}, maxIdleTime: 24h}
                intercept: {allowGlobalIntercepts: false, inactiveBlockTimeout: 0s,
                            environment: {excluded: [PASSWORD, TOKEN]}}
                telepresenceAPI: {port: 9980}
                """));
        assertEquals(
                Map.of("/data", MountPolicies.Policy.REMOTE_READ_ONLY, "secrets", MountPolicies.Policy.IGNORE),
                set.agent().shown().policies().chosen());
        assertEquals(List.of("PASSWORD", "TOKEN"), set.agent().shown().withheld());
        assertFalse(set.rules().allowGlobal());
        assertEquals(9980, set.agent().shown().apiPort());
        assertThrows(Exception.class, () -> render("1.33.0", "agent: {mountPolicies: {/data: ReadOnly}}"));
        assertThrows(Exception.class, () -> render("1.33.0", "intercept: {inactiveBlockTimeout: soon}"));
    }

    @Test
    void policiesWithASlipOfThePenAreRefused() {
        for (String policy : List.of(
                "{forbidReplace: true}",
                "{name: Prod}",
                "{name: a, forbidReplaces: true}",
                "{name: a, maxDuration: 2 days}",
                "{name: a, requireHeader: X Dev}",
                "{name: a, selector: {labels: {b: c}}}",
                "{name: a, selector: {matchExpressions: [{key: b, operator: Is}]}}")) {
            assertThrows(Exception.class, () -> render("1.33.0", "policies: [" + policy + "]"), policy);
        }
    }

    /** Also with rights in some namespaces only. */
    @Test
    void eventsAreWrittenOnlyIfTheyAreWanted() throws Exception {
        for (String scope : List.of("", "namespaces: [a]\n")) {
            assertTrue(createsEvents(render("1.33.0", scope + "audit: {}")));
            assertFalse(createsEvents(render("1.33.0", scope + "audit: {events: false}")));
        }
    }

    private static boolean createsEvents(List<HasMetadata> objects) {
        return objects.stream()
                .flatMap(o -> o instanceof ClusterRole c
                        ? c.getRules().stream()
                        : o instanceof Role r ? r.getRules().stream() : Stream.empty())
                .anyMatch(
                        r -> r.getResources().contains("events") && r.getVerbs().contains("create"));
    }

    @Test
    void theManagerHasALeaseThatItMayHold() throws Exception {
        List<HasMetadata> objects = render("1.33.0", "{}");
        assertEquals("traffic-manager", one(objects, Lease.class).getMetadata().getName());
        assertTrue(objects.stream()
                .filter(Role.class::isInstance)
                .flatMap(o -> ((Role) o).getRules().stream())
                .anyMatch(r -> r.getResources().equals(List.of("leases"))
                        && r.getResourceNames().equals(List.of("traffic-manager"))
                        && r.getVerbs().equals(List.of("get", "update"))));
    }

    private static ClusterRole managersRole(List<HasMetadata> objects) {
        return objects.stream()
                .filter(o -> o.getMetadata().getName().equals("traffic-manager-ambassador"))
                .filter(ClusterRole.class::isInstance)
                .map(ClusterRole.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private static boolean grants(List<HasMetadata> objects, String group, String resource, String verb) {
        return managersRole(objects).getRules().stream()
                .anyMatch(r -> r.getApiGroups().contains(group)
                        && r.getResources().contains(resource)
                        && r.getVerbs().contains(verb));
    }

    @Test
    void endpointsAreReadAsSlicesWhereThereAreSuch() throws Exception {
        for (String version : List.of("v1.20.2", "v1.21.0", "v1.30.5-gke.1014001", "v1.36.3+k3s1")) {
            List<HasMetadata> objects = render(version, "{}");
            assertTrue(grants(objects, "discovery.k8s.io", "endpointslices", "list"), version);
            assertEquals(version.startsWith("v1.20"), grants(objects, "", "endpoints", "get"), version);
        }
    }

    @Test
    void podsGoByEvictionOnly() throws Exception {
        for (String version : List.of("1.20.2", "1.36.3")) {
            List<HasMetadata> objects = render(version, "{}");
            assertTrue(grants(objects, "", "pods/eviction", "create"));
            assertFalse(grants(objects, "", "pods", "delete"));
        }
    }

    @Test
    void jobsAreReadOnlyWhereTheyAreEnabled() throws Exception {
        assertFalse(grants(render("1.36.3", "{}"), "batch", "jobs", "get"));
        for (String version : List.of("1.20.2", "1.36.3")) {
            List<HasMetadata> objects = render(version, "workloads: {jobs: {enabled: true}}");
            for (String verb : List.of("get", "list", "watch")) {
                assertTrue(grants(objects, "batch", "jobs", verb));
                assertTrue(grants(objects, "batch", "cronjobs", verb));
            }
            assertFalse(grants(objects, "batch", "jobs", "delete"));
            assertEquals(Workloads.ALL, RenderedChart.settings(objects).scope().kinds());
        }
    }

    private static SidecarForms.Setting form(List<HasMetadata> objects) throws Exception {
        return RenderedChart.settings(objects).injector().sidecar().forms().setting();
    }

    @Test
    void theFormOfAgentsReachesTheInjector() throws Exception {
        assertEquals(SidecarForms.Setting.AUTO, form(render("1.36.3", "{}")));
        assertEquals(SidecarForms.Setting.NATIVE, form(render("1.36.3", "agent: {sidecar: native}")));
        assertEquals(SidecarForms.Setting.CONTAINER, form(render("1.20.2", "agent: {sidecar: container}")));
        Exception old = assertThrows(Exception.class, () -> render("v1.28.9-gke.1", "agent: {sidecar: native}"));
        assertTrue(old.getMessage().contains("native sidecars need 1.29"), old::getMessage);
        Exception unknown = assertThrows(Exception.class, () -> render("1.36.3", "agent: {sidecar: sidecar}"));
        assertTrue(unknown.getMessage().contains("/agent/sidecar"), unknown::getMessage);
        assertTrue(unknown.getMessage().contains("'auto', 'native', 'container'"), unknown::getMessage);
    }

    @Test
    void unknownValuesAreRefusedByName() {
        Exception e = assertThrows(Exception.class, () -> render("1.33.0", "agentt: {port: 1}"));
        assertTrue(e.getMessage().contains("agentt"), e::getMessage);
        Exception inner = assertThrows(Exception.class, () -> render("1.33.0", "agent: {porrt: 1}"));
        assertTrue(inner.getMessage().contains("porrt"), inner::getMessage);
    }

    /** The manager compares the two addresses, however it came to be on its node's network. */
    @Test
    void theManagerKnowsItsNodesAddress() throws Exception {
        StatefulSet set = one(render("1.30.0", "hostNetwork: true"), StatefulSet.class);
        assertTrue(set.getSpec().getTemplate().getSpec().getHostNetwork());
        Map<String, String> fields = new HashMap<>();
        set.getSpec().getTemplate().getSpec().getContainers().getFirst().getEnv().stream()
                .filter(e -> e.getValueFrom() != null && e.getValueFrom().getFieldRef() != null)
                .forEach(e ->
                        fields.put(e.getName(), e.getValueFrom().getFieldRef().getFieldPath()));
        assertEquals("status.podIP", fields.get("POD_IP"));
        assertEquals("status.hostIP", fields.get("HOST_IP"));
    }
}

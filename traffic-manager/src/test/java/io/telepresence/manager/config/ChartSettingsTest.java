package io.telepresence.manager.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.telepresence.manager.sidecar.MountPolicies;
import io.telepresence.manager.webhook.RenderedChart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How Helm values become settings: each value of {@code values.yaml} is in one of the two lists here. */
class ChartSettingsTest {
    private static final String KUBERNETES = "1.33.0";

    /** What the manager reads, each with another value than its default. */
    private static final Map<String, String> SETTINGS = new TreeMap<>(Map.ofEntries(
            Map.entry("agent.image.name", "other"),
            Map.entry("agent.image.pullPolicy", "Never"),
            Map.entry("agent.image.pullSecrets", "[{name: one}]"),
            Map.entry("agent.image.registry", "reg.example"),
            Map.entry("agent.image.tag", "9.9.9"),
            Map.entry("agent.initContainer.enabled", "false"),
            Map.entry("agent.initContainer.namedPorts", "false"),
            Map.entry("agent.initResources", "{limits: {cpu: 1}}"),
            Map.entry("agent.initSecurityContext", "{runAsUser: 0, capabilities: {add: [NET_ADMIN]}}"),
            Map.entry("agent.logLevel", "trace"),
            Map.entry("agent.maxIdleTime", "24h"),
            Map.entry("agent.mountPolicies", "{/data: RemoteReadOnly, /x: null}"),
            Map.entry("agent.port", "9901"),
            Map.entry("agent.resources", "{limits: {memory: 300Mi}}"),
            Map.entry("agent.securityContext", "{runAsUser: 1000680000, seccompProfile: {type: RuntimeDefault}}"),
            Map.entry("agent.sidecar", "native"),
            Map.entry("agentInjector.enabled", "false"),
            Map.entry("agentInjector.injectPolicy", "WhenEnabled"),
            Map.entry("agentInjector.name", "injector"),
            Map.entry("agentInjector.webhook.name", "hook"),
            Map.entry("agentInjector.webhook.port", "9443"),
            Map.entry("agentInjector.webhook.servicePath", "/x"),
            Map.entry("agentInjector.webhook.timeoutSeconds", "30"),
            Map.entry("apiPort", "81"),
            Map.entry("audit.events", "false"),
            Map.entry("reach.allow", "[192.0.2.0/24]"),
            Map.entry("image.pullPolicy", "Always"),
            Map.entry("image.registry", "reg.example"),
            Map.entry("image.tag", "9.9.9"),
            Map.entry("intercept.allowGlobalIntercepts", "false"),
            Map.entry("intercept.environment.excluded", "[PASSWORD]"),
            Map.entry("intercept.inactiveBlockTimeout", "1m30s"),
            Map.entry("logLevel", "debug"),
            Map.entry("namespaces", "[a, b]"),
            Map.entry("podCIDRStrategy", "environment"),
            Map.entry("podCIDRs", "[10.1.0.0/16, 'fd00::/64']"),
            Map.entry(
                    "policies",
                    "[{name: prod, namespaces: [a], selector: {matchLabels: {b: c}, matchExpressions: [{key: d,"
                            + " operator: In, values: [e]}]}, forbidUnfiltered: true, forbidReplace: true,"
                            + " wiretapOnly: true, requireHeader: X-Dev, forbidMounts: [keys],"
                            + " forbidServiceAccountTokens: true, forbidReadWriteMounts: true, maxDuration: 2h}]"),
            Map.entry("security.authorization.requiredGrant", "portforward"),
            Map.entry("telepresenceAPI.port", "9980"),
            Map.entry("timeouts.agentArrival", "1.5s"),
            Map.entry("workloads.deployments.enabled", "false"),
            Map.entry("workloads.jobs.enabled", "true"),
            Map.entry("workloads.replicaSets.enabled", "false"),
            Map.entry("workloads.statefulSets.enabled", "false")));

    /** What only the chart reads. */
    private static final Map<String, String> CHART_ONLY = new TreeMap<>(Map.ofEntries(
            Map.entry("affinity", "{nodeAffinity: {}}"),
            Map.entry("agentInjector.certificate", "{altNames: [x]}"),
            Map.entry("agentInjector.checkOverlap", "true"),
            Map.entry("agentInjector.secret.name", "another"),
            Map.entry("agentInjector.service.port", "444"),
            Map.entry("agentInjector.webhook.failurePolicy", "Fail"),
            Map.entry("agentInjector.webhook.objectSelector", "{matchLabels: {a: b}}"),
            Map.entry("agentInjector.webhook.reinvocationPolicy", "Never"),
            Map.entry("client", "{timeouts: {intercept: 1s}}"),
            Map.entry("clientRbac", "{create: true, subjects: [{kind: User, name: dev}]}"),
            Map.entry("hooks", "{uninstall: {enabled: false}}"),
            Map.entry("hostNetwork", "true"),
            Map.entry("image.imagePullSecrets", "[{name: x}]"),
            Map.entry("image.name", "other"),
            Map.entry("labels", "{a: b}"),
            Map.entry("livenessProbe", "{httpGet: {port: 1}}"),
            Map.entry("managerRbac", "{create: false}"),
            Map.entry("nodeSelector", "{a: b}"),
            Map.entry("podAnnotations", "{a: b}"),
            Map.entry("podLabels", "{a: b}"),
            Map.entry("podSecurityContext", "{runAsUser: 1}"),
            Map.entry("priorityClassName", "high"),
            Map.entry("rbac", "{only: false}"),
            Map.entry("readinessProbe", "{httpGet: {port: 1}}"),
            Map.entry("resources", "{limits: {memory: 600Mi}}"),
            Map.entry("schedulerName", "mine"),
            Map.entry("security.authentication.ticketsForAll", "false"),
            Map.entry("securityContext", "{runAsUser: 1}"),
            Map.entry("startupProbe", "{httpGet: {port: 1}}"),
            Map.entry("tolerations", "[{operator: Exists}]")));

    @TempDir
    Path scratch;

    private static List<HasMetadata> render(String path, String value) throws Exception {
        String[] keys = path.split("\\.");
        String open = String.join(": {", keys);
        return RenderedChart.render(KUBERNETES, open + ": " + value + "}".repeat(keys.length - 1));
    }

    private static PodTemplateSpec template(List<HasMetadata> objects) {
        return RenderedChart.one(objects, StatefulSet.class).getSpec().getTemplate();
    }

    private static String checksum(List<HasMetadata> objects) {
        return template(objects).getMetadata().getAnnotations().get("checksum/settings");
    }

    static Stream<Map.Entry<String, String>> settings() {
        return SETTINGS.entrySet().stream();
    }

    static Stream<Map.Entry<String, String>> chartOnly() {
        return CHART_ONLY.entrySet().stream();
    }

    @Test
    void eachValueIsInOneOfTheLists() throws Exception {
        Map<?, ?> values =
                RenderedChart.YAML.unmarshal(Files.readString(RenderedChart.CHART.resolve("values.yaml")), Map.class);
        TreeSet<String> leaves = new TreeSet<>();
        leaves("", values, leaves);
        TreeSet<String> listed = new TreeSet<>(SETTINGS.keySet());
        listed.addAll(CHART_ONLY.keySet());
        assertEquals(listed, leaves);
    }

    private static void leaves(String path, Object value, TreeSet<String> leaves) {
        boolean listed = SETTINGS.containsKey(path) || CHART_ONLY.containsKey(path);
        if (!listed && value instanceof Map<?, ?> map) {
            map.forEach((key, below) -> leaves(path.isEmpty() ? key.toString() : path + "." + key, below, leaves));
        } else {
            leaves.add(path);
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void aSettingReachesTheManagerAndReplacesItsPod(Map.Entry<String, String> setting) throws Exception {
        List<HasMetadata> plain = RenderedChart.render(KUBERNETES, "{}");
        List<HasMetadata> changed = render(setting.getKey(), setting.getValue());
        assertNotEquals(RenderedChart.settings(plain), RenderedChart.settings(changed));
        assertNotEquals(checksum(plain), checksum(changed));
    }

    @ParameterizedTest
    @MethodSource("chartOnly")
    void anotherValueDoesNotConcernTheManager(Map.Entry<String, String> value) throws Exception {
        List<HasMetadata> plain = RenderedChart.render(KUBERNETES, "{}");
        List<HasMetadata> changed = render(value.getKey(), value.getValue());
        assertEquals(RenderedChart.json(plain), RenderedChart.json(changed));
        assertEquals(checksum(plain), checksum(changed));
    }

    /** Helm makes new certificates and a new secret path each time; they are no settings. */
    @Test
    void anUpgradeThatChangesNothingReplacesNoPod() throws Exception {
        assertEquals(
                template(RenderedChart.render(KUBERNETES, "{}")), template(RenderedChart.render(KUBERNETES, "{}")));
    }

    @Test
    void allValuesAtOnceAreRead() throws Exception {
        Map<String, Object> values = new TreeMap<>();
        SETTINGS.forEach((path, value) -> {
            Map<String, Object> at = values;
            String[] keys = path.split("\\.");
            for (int i = 0; i < keys.length - 1; i++) {
                at = child(at, keys[i]);
            }
            at.put(
                    keys[keys.length - 1],
                    RenderedChart.YAML.unmarshal("v: " + value, Map.class).get("v"));
        });
        ManagerSettings all =
                RenderedChart.settings(RenderedChart.render(KUBERNETES, RenderedChart.YAML.asYaml(values)));
        assertEquals("reg.example/other:9.9.9", all.injector().sidecar().image().name());
        assertEquals(1000680000L, all.injector().sidecar().securityContext().getRunAsUser());
        assertEquals(2, all.podCidrs().cidrs().size());
        assertEquals(
                MountPolicies.Policy.IGNORE,
                all.agent().shown().policies().of("volume", "/x"),
                "what is null is shown to nobody");
        assertEquals("hook-ambassador", all.injector().hook().name());
        assertEquals("X-Dev", all.rules().policies().getFirst().rules().requiredHeader());
        assertFalse(all.rules().events());
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> child(Map<String, Object> map, String key) {
        return (Map<String, Object>) map.computeIfAbsent(key, _ -> new TreeMap<String, Object>());
    }

    /** The reader's own defaults are those of {@code values.yaml}; what is an object there is nothing here. */
    @Test
    void defaultsAreTheSame() throws Exception {
        Map<?, ?> settings =
                RenderedChart.YAML.unmarshal(RenderedChart.json(RenderedChart.render(KUBERNETES, "{}")), Map.class);
        Map<?, ?> agent = (Map<?, ?>) settings.get("agent");
        String given = RenderedChart.YAML.asJson(Map.of(
                "agent",
                Map.of(
                        "image", agent.get("image"),
                        "resources", agent.get("resources"),
                        "mountPolicies", agent.get("mountPolicies"))));
        Map<String, String> pod = Map.of("POD_NAMESPACE", "ambassador", "POD_NAME", "m");
        assertEquals(ManagerSettings.of(RenderedChart.YAML.asJson(settings), pod), ManagerSettings.of(given, pod));
    }

    /** No key, no certificate, not the secret part of the webhook's path, and not even the name of a Secret with these. */
    @Test
    void noSecretIsInTheConfigMap() throws Exception {
        List<HasMetadata> objects = RenderedChart.render(KUBERNETES, "agentInjector: {secret: {name: hidden}}");
        String json = RenderedChart.json(objects);
        RenderedChart.one(objects, Secret.class)
                .getData()
                .values()
                .forEach(secret -> assertFalse(json.contains(secret)));
        assertFalse(json.contains("hidden"), json);
    }

    /** The same chart, but that its hooks are ordinary objects. */
    private Path withoutHooks() throws IOException {
        try (Stream<Path> files = Files.walk(RenderedChart.CHART)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = scratch.resolve(RenderedChart.CHART.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.writeString(copy, Files.readString(file).replaceAll("(?m)^ *helm.sh/hook.*\n", ""));
            }
        }
        return scratch;
    }

    @Test
    void bothPodsMountTheFile() throws Exception {
        List<HasMetadata> objects = RenderedChart.render(withoutHooks(), KUBERNETES, "{}");
        List<PodTemplateSpec> pods = new ArrayList<>(List.of(
                template(objects),
                RenderedChart.one(objects, Job.class).getSpec().getTemplate()));
        for (PodTemplateSpec pod : pods) {
            assertTrue(pod.getSpec().getContainers().getFirst().getVolumeMounts().stream()
                    .anyMatch(m -> m.getMountPath().equals(ManagerSettings.DIRECTORY.toString())
                            && m.getName().equals("settings")));
            Volume volume = pod.getSpec().getVolumes().stream()
                    .filter(v -> v.getName().equals("settings"))
                    .findFirst()
                    .orElseThrow();
            assertEquals("traffic-manager", volume.getConfigMap().getName());
        }
        // The name of a Secret is the only value that is not in the file.
        assertTrue(pods.getFirst().getSpec().getContainers().getFirst().getEnv().stream()
                .allMatch(e -> e.getValueFrom() != null || e.getName().equals("WEBHOOK_SECRET")));
    }
}

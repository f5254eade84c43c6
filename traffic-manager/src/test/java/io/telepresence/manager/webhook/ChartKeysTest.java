package io.telepresence.manager.webhook;

import static io.telepresence.manager.webhook.RenderedChart.one;
import static io.telepresence.manager.webhook.RenderedChart.render;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.telepresence.base.Pem;
import io.telepresence.manager.keys.OwnSecret;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The webhook's keys in the chart, and what the manager may do with Secrets. */
class ChartKeysTest {
    @TempDir
    Path scratch;

    private static Map<String, byte[]> webhooksSecret(List<HasMetadata> objects) {
        return OwnSecret.entries(one(objects, Secret.class));
    }

    private static WebhookObjects.Registration registration(List<HasMetadata> objects) {
        return ClusterWebhookObjects.registration(one(objects, MutatingWebhookConfiguration.class))
                .orElseThrow();
    }

    @Test
    void theWebhooksKeyAndCertificateAreAPairThatTheInjectorReads() throws Exception {
        List<HasMetadata> objects = render("1.20.2", "{}");
        WebhookPair pair = WebhookPair.of(webhooksSecret(objects));
        WebhookObjects.Registration registration = registration(objects);
        assertTrue(registration.path().matches("/traffic-agent/[a-z0-9]{32}"), registration.path());
        assertEquals("/traffic-agent/" + pair.path(), registration.path());
        assertTrue(pair.isOf(registration.authority()));
        pair.chain()[0].verify(
                Pem.certificates(registration.authority()).getFirst().getPublicKey());
    }

    /** As a cluster has them after "helm template | kubectl apply", at any moment of it. */
    @Test
    void aSecondRenderingIsServedFromWhenItIsRegistered() throws Exception {
        List<HasMetadata> first = render("1.33.0", "{}");
        List<HasMetadata> second = render("1.33.0", "{}");
        TestPairs cluster = new TestPairs(scratch);
        cluster.rendered = webhooksSecret(first);
        cluster.mount(cluster.rendered);
        cluster.registration = registration(first);
        WebhookKeys keys = cluster.start();
        cluster.rendered = webhooksSecret(second);
        keys.look();
        assertTrue(keys.pair().isOf(registration(first).authority()));
        cluster.registration = registration(second);
        keys.look();
        assertTrue(keys.pair().isOf(registration(second).authority()));
    }

    /** What the manager writes into it is not the chart's, so that no rendering takes it away. */
    @Test
    void theManagersOwnSecretIsMadeEmpty() throws Exception {
        Secret own = render("1.33.0", "{}").stream()
                .filter(o -> o instanceof Secret && o.getMetadata().getName().equals(OwnSecret.NAME))
                .map(Secret.class::cast)
                .findFirst()
                .orElseThrow();
        assertEquals("Opaque", own.getType());
        assertTrue(own.getData().isEmpty() && own.getStringData().isEmpty());
    }

    @Test
    void theManagerStartsWithoutTheChartsSecretAndKnowsItsName() throws Exception {
        PodSpec spec = one(render("1.33.0", "agentInjector: {secret: {name: other}}"), StatefulSet.class)
                .getSpec()
                .getTemplate()
                .getSpec();
        assertTrue(spec.getVolumes().stream().filter(v -> v.getSecret() != null).allMatch(v -> v.getSecret()
                .getOptional()));
        assertTrue(spec.getContainers().getFirst().getEnv().stream()
                .anyMatch(e ->
                        e.getName().equals("WEBHOOK_SECRET") && e.getValue().equals("other")));
    }

    private static List<PolicyRule> managersRules(List<HasMetadata> objects, String resource) {
        return objects.stream()
                .flatMap(o -> o instanceof ClusterRole c
                        ? c.getRules().stream()
                        : o instanceof Role r && r.getMetadata().getName().equals("traffic-manager")
                                ? r.getRules().stream()
                                : Stream.empty())
                .filter(r -> r.getResources().contains(resource))
                .toList();
    }

    @Test
    void theManagerWritesOneConfigMap() throws Exception {
        List<PolicyRule> maps = managersRules(render("1.33.0", "{}"), "configmaps");
        assertEquals(1, maps.size());
        assertEquals(List.of("traffic-manager"), maps.getFirst().getResourceNames());
    }

    @Test
    void theManagerReadsTwoSecretsAndWritesOne() throws Exception {
        List<PolicyRule> rules = managersRules(render("1.33.0", "agentInjector: {secret: {name: other}}"), "secrets");
        assertEquals(2, rules.size());
        assertEquals(List.of("other"), rules.getFirst().getResourceNames());
        assertEquals(List.of("get"), rules.getFirst().getVerbs());
        assertEquals(List.of(OwnSecret.NAME), rules.getLast().getResourceNames());
        assertEquals(List.of("get", "update"), rules.getLast().getVerbs());
        assertTrue(managersRules(render("1.33.0", "agentInjector: {enabled: false}"), "secrets")
                .isEmpty());
    }

    /** Who may write it could have the API server send every object of the cluster. */
    @Test
    void theManagerOnlyReadsItsRegistration() throws Exception {
        for (String scope : List.of("{}", "namespaces: [a]")) {
            List<PolicyRule> rules = managersRules(render("1.33.0", scope), "mutatingwebhookconfigurations");
            assertEquals(1, rules.size());
            assertEquals(
                    List.of("agent-injector-webhook-ambassador"),
                    rules.getFirst().getResourceNames());
            assertEquals(List.of("get", "watch"), rules.getFirst().getVerbs());
        }
    }
}

package io.telepresence.manager.webhook;

import static io.telepresence.manager.webhook.RenderedChart.render;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the chart lets users do, and lets the manager ask about them. */
class ClientRbacTest {
    private static final String CONNECT = "create connections.telepresence.io";
    private static final Set<String> VIRTUAL = Set.of(
            "create attachments.telepresence.io",
            "get attachments.telepresence.io",
            "get logs.telepresence.io",
            "get logs/yaml.telepresence.io");
    private static final Set<String> OF_PODS = Set.of("get pods.", "list pods.", "get pods/log.");

    /** As {@code verb resource.group}. */
    private static Set<String> rights(List<PolicyRule> rules) {
        Set<String> rights = new TreeSet<>();
        for (PolicyRule rule : rules) {
            for (String group : rule.getApiGroups()) {
                for (String resource : rule.getResources()) {
                    rule.getVerbs().forEach(verb -> rights.add(verb + " " + resource + "." + group));
                }
            }
        }
        return rights;
    }

    private static Set<String> clientRights(List<HasMetadata> objects, String name, String namespace) {
        return objects.stream()
                .filter(o -> o.getMetadata().getName().equals(name)
                        && Objects.equals(o.getMetadata().getNamespace(), namespace))
                .flatMap(o -> o instanceof Role role
                        ? Stream.of(rights(role.getRules()))
                        : o instanceof ClusterRole role ? Stream.of(rights(role.getRules())) : Stream.empty())
                .findFirst()
                .orElse(Set.of());
    }

    private static final String CLIENTS = "clientRbac: {create: true, subjects: [{kind: User, name: dev}]";
    private static final String CLIENT_ROLE = "telepresence-client-ambassador";

    @Test
    void clientsGetTheDocumentedRightsEverywhereOrInTheirNamespaces() throws Exception {
        List<HasMetadata> everywhere = render("1.33.0", CLIENTS + "}");
        assertTrue(
                clientRights(everywhere, "telepresence-connect", "ambassador").contains(CONNECT));
        Set<String> all = clientRights(everywhere, CLIENT_ROLE, null);
        assertTrue(all.containsAll(VIRTUAL) && all.containsAll(OF_PODS), all::toString);

        List<HasMetadata> here = render("1.33.0", CLIENTS + ", namespaces: [a, b]}");
        assertEquals(Set.of("get namespaces."), clientRights(here, CLIENT_ROLE, null));
        for (String namespace : List.of("a", "b")) {
            Set<String> both = new TreeSet<>(VIRTUAL);
            both.addAll(OF_PODS);
            assertEquals(both, clientRights(here, CLIENT_ROLE, namespace));
            RoleBinding binding = here.stream()
                    .filter(o -> o instanceof RoleBinding
                            && namespace.equals(o.getMetadata().getNamespace())
                            && o.getMetadata().getName().equals(CLIENT_ROLE))
                    .map(RoleBinding.class::cast)
                    .findFirst()
                    .orElseThrow();
            assertEquals("dev", binding.getSubjects().getFirst().getName());
        }
    }

    @Test
    void rightsToPodsCanBeLeftOutAndOthersAdded() throws Exception {
        List<HasMetadata> less = render("1.33.0", CLIENTS + ", namespaces: [a], legacyAccess: false}");
        assertEquals(VIRTUAL, clientRights(less, CLIENT_ROLE, "a"));
        List<HasMetadata> more = render(
                "1.33.0",
                CLIENTS + ", namespaces: [a], legacyAccess: false, ruleExtras: ["
                        + "{apiGroups: [\"\"], resources: [secrets], verbs: [get]}]}");
        Set<String> with = new TreeSet<>(VIRTUAL);
        with.add("get secrets.");
        assertEquals(with, clientRights(more, CLIENT_ROLE, "a"));
    }

    @Test
    void theManagerMayAskForRights() throws Exception {
        Set<String> manager = clientRights(render("1.33.0", "namespaces: [a]"), "traffic-manager-ambassador", null);
        assertTrue(manager.contains("create subjectaccessreviews.authorization.k8s.io"), manager::toString);
    }
}

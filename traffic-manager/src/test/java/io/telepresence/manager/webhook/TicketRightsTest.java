package io.telepresence.manager.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.telepresence.identity.Ticket;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Who may create tickets, and who may read them, by the chart. */
class TicketRightsTest {
    private static final String SUBJECTS = "clientRbac: {create: true, subjects: [{kind: User, name: dev}]}";

    /** The verbs on certificate signing requests by subject. */
    private static Map<String, List<String>> rights(String values) throws Exception {
        List<HasMetadata> objects = RenderedChart.render("1.33.0", values);
        Map<String, List<String>> roles = new TreeMap<>();
        for (HasMetadata object : objects) {
            if (object instanceof ClusterRole role) {
                role.getRules().stream()
                        .filter(r -> r.getResources().contains("certificatesigningrequests"))
                        .forEach(r -> roles.put(role.getMetadata().getName(), r.getVerbs()));
            }
        }
        Map<String, List<String>> rights = new TreeMap<>();
        for (HasMetadata object : objects) {
            if (object instanceof ClusterRoleBinding binding
                    && roles.containsKey(binding.getRoleRef().getName())) {
                binding.getSubjects()
                        .forEach(s -> rights.put(
                                s.getName(), roles.remove(binding.getRoleRef().getName())));
            }
        }
        assertEquals(Map.of(), roles, "each role is bound");
        return rights;
    }

    @Test
    void everybodyMayCreateOneAndOnlyTheManagerReadsIt() throws Exception {
        List<String> manager = List.of("get", "list", "delete");
        List<String> create = List.of("create");
        assertEquals(Map.of("traffic-manager", manager, "system:authenticated", create), rights("{}"));
        assertEquals(Map.of("traffic-manager", manager, "system:authenticated", create), rights(SUBJECTS));
        String off = "security: {authentication: {ticketsForAll: false}}";
        assertEquals(Map.of("traffic-manager", manager), rights(off));
        assertEquals(Map.of("traffic-manager", manager, "dev", create), rights(off + "\n" + SUBJECTS));
        assertEquals(Map.of("traffic-manager", manager), rights(off + "\nnamespaces: [a]"));
    }

    @Test
    void thePodSaysThatConnectionsMayBeginWithAProof() throws Exception {
        StatefulSet set =
                RenderedChart.one(RenderedChart.render("1.33.0", "podAnnotations: {a: b}"), StatefulSet.class);
        Map<String, String> annotations =
                set.getSpec().getTemplate().getMetadata().getAnnotations();
        assertEquals(Ticket.LEVEL, annotations.get(Ticket.POD_ANNOTATION));
        assertEquals("b", annotations.get("a"));
    }
}

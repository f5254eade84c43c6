package io.telepresence.e2e.rights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Project;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The chart's rules against the audit log of an API server, without either. */
class RightsReportTest {
    private static final String CLUSTER_ROLE = "ClusterRole/traffic-manager-NAMESPACE";
    private static final Grant GET_PODS = new Grant(CLUSTER_ROLE, "get", "pods", "");
    private static final Grant WATCH_JOBS = new Grant(CLUSTER_ROLE, "watch", "jobs.batch", "");
    private static final Grant LEASE = new Grant("Role/traffic-manager", "update", "leases.coordination.k8s.io", "it");
    private static final Set<Grant> CHART = Set.of(GET_PODS, WATCH_JOBS, LEASE);
    private static final Path LIST = Project.root().resolve("scripts/lib/test/rights");

    /** Lines of a log, and the report of them. */
    private static final class Noted {
        private final List<String> lines = new ArrayList<>();
        private KnownRights known = KnownRights.parse(List.of());

        private Noted line(int second, String user, String agent, String verb, String object, String rest) {
            lines.add(
                    """
                    {"verb":"%s","user":{"username":"%s","extra":{"authentication.kubernetes.io/pod-uid":["p1"]}},\
                    "userAgent":"%s","objectRef":{%s},"requestReceivedTimestamp":"2026-01-01T00:00:%02d.000000Z"%s}"""
                            .formatted(verb, user, agent, object, second, rest));
            return this;
        }

        Noted rights(int second, String agent, String verb) {
            String object = "\"apiGroup\":\"rbac.authorization.k8s.io\",\"resource\":\"clusterroles\","
                    + "\"name\":\"traffic-manager-ambassador\"";
            return line(second, "admin", agent, verb, object, "");
        }

        Noted call(int second, String verb, String object, String decision, String reason) {
            return line(
                    second,
                    "system:serviceaccount:ambassador:traffic-manager",
                    "fabric8",
                    verb,
                    object,
                    ",\"annotations\":{\"authorization.k8s.io/decision\":\"" + decision
                            + "\",\"authorization.k8s.io/reason\":\"" + reason + "\"}");
        }

        Noted allowed(int second, String verb, String object, String role) {
            String reason = "RBAC: allowed by Binding \\\"b\\\" of " + role + " to ServiceAccount";
            return call(second, verb, object, "allow", reason);
        }

        Noted refused(int second, String verb, String object) {
            return call(second, verb, object, "forbid", "");
        }

        RightsReport report() throws IOException {
            RightsReport report = new RightsReport(CHART, known);
            report.add(NotedCalls.parse(new BufferedReader(new StringReader(String.join("\n", lines)))));
            return report;
        }

        List<String> faults(boolean whole) throws IOException {
            return report().faults(whole);
        }
    }

    private static final String PODS = "\"resource\":\"pods\",\"namespace\":\"default\",\"name\":\"web\"";
    private static final String SECRETS = "\"resource\":\"secrets\",\"namespace\":\"default\"";
    private static final String OUR_LEASE =
            "\"apiGroup\":\"coordination.k8s.io\",\"resource\":\"leases\",\"name\":\"it\"";
    private static final String OWN = "Role \\\"traffic-manager\\\"";
    private static final String OF_CLUSTER = "ClusterRole \\\"traffic-manager-ambassador\\\"";

    @Test
    void whatIsNotUsedIsNamedAfterAWholeRunOnly() throws IOException {
        Noted noted = new Noted()
                .allowed(1, "get", PODS, OF_CLUSTER)
                .allowed(2, "update", OUR_LEASE, OWN)
                // Somebody else's right, and another object.
                .allowed(3, "watch", "\"apiGroup\":\"batch\",\"resource\":\"jobs\"", "ClusterRole \\\"admin\\\"");
        assertEquals(List.of(), noted.faults(false));
        assertEquals(
                List.of("never used: " + CLUSTER_ROLE + " watch jobs.batch, and the list of those does not say why"),
                noted.faults(true));
        assertTrue(noted.report().summary().contains("3 calls used 2 of the chart's 3 rights; 1 of the others"));
    }

    @Test
    void aReasonInTheListIsEnough() throws IOException {
        Noted noted = new Noted().allowed(1, "get", PODS, OF_CLUSTER);
        noted.known = KnownRights.parse(
                List.of("# why", CLUSTER_ROLE + " * jobs.batch none there", "Role/traffic-manager update * because"));
        assertEquals(List.of(), noted.faults(true));
        assertTrue(noted.report().lines().contains("never used: " + CLUSTER_ROLE + " watch jobs.batch (none there)"));
        noted.allowed(2, "update", OUR_LEASE, OWN);
        assertTrue(noted.report().lines().contains("listed as never used, but used: Role/traffic-manager update *"));
    }

    @Test
    void whatTheChartGrantsToNobodyIsAlwaysAFault() throws IOException {
        List<String> faults = new Noted()
                .refused(1, "get", SECRETS)
                .refused(2, "get", SECRETS)
                .faults(false);
        assertEquals(
                List.of("refused: get secrets in namespace default, which no rule of the chart grants; first at"
                        + " 2026-01-01T00:00:01Z"),
                faults);
    }

    @Test
    void whoHasAllRightsIsNotRefused() throws IOException {
        Noted noted = new Noted().rights(1, "Go-http-client/2.0", "create").refused(12, "get", PODS);
        assertTrue(noted.faults(false).getFirst().contains("get pods in namespace default, to the traffic-manager of"));
    }

    @Test
    void theApiServerLearnsOfRightsLater() throws IOException {
        assertEquals(
                List.of(),
                new Noted()
                        .rights(1, "Go-http-client/2.0", "create")
                        .refused(11, "get", PODS)
                        .faults(false));
    }

    @Test
    void rightsThatATestTakesAwayAreNoFault() throws IOException {
        Noted noted = new Noted()
                .rights(1, "Go-http-client/2.0", "create")
                .rights(2, "kubectl/v1.36.3 (linux/amd64)", "patch")
                .refused(20, "get", PODS)
                .rights(21, "kubectl/v1.36.3 (linux/amd64)", "patch")
                .refused(40, "get", PODS);
        assertEquals(List.of(), noted.faults(false));
        assertTrue(noted.report().summary().contains("2 calls were refused while rights were away, 0 at"));
    }

    @Test
    void afterAnUninstallThereAreNoRights() throws IOException {
        Noted noted = new Noted()
                .rights(1, "Go-http-client/2.0", "create")
                .allowed(2, "get", PODS, OF_CLUSTER)
                .rights(20, "Go-http-client/2.0", "delete")
                .refused(40, "get", PODS);
        assertEquals(List.of(), noted.faults(false));
    }

    @Test
    void whoRunsSinceBeforeAnUpgradeHasTheSettingsOfBefore() throws IOException {
        Noted noted = new Noted()
                .rights(1, "Go-http-client/2.0", "create")
                .allowed(5, "get", PODS, OF_CLUSTER)
                .rights(20, "Go-http-client/2.0", "update")
                .refused(40, "get", PODS);
        assertEquals(List.of(), noted.faults(false));
    }

    @Test
    void anEmptiedNamespaceHasNoRoles() throws IOException {
        Noted noted = new Noted()
                .rights(1, "Go-http-client/2.0", "create")
                .line(
                        2,
                        "system:serviceaccount:kube-system:namespace-controller",
                        "controller",
                        "deletecollection",
                        "\"apiGroup\":\"rbac.authorization.k8s.io\",\"resource\":\"roles\",\"namespace\":\"default\"",
                        "")
                .refused(40, "get", PODS);
        assertEquals(List.of(), noted.faults(false));
    }

    @Test
    void aCallThatIsRefusedWhereAllIsWellIsListed() throws IOException {
        Noted noted = new Noted().refused(1, "get", SECRETS);
        noted.known = KnownRights.parse(List.of("refused get secrets it only looks"));
        assertEquals(List.of(), noted.faults(false));
    }

    @Test
    void aLineThatIsCutOffIsLeftOut() throws IOException {
        Noted noted = new Noted().allowed(1, "get", PODS, OF_CLUSTER);
        noted.lines.add("{\"verb\":\"get\",\"us");
        noted.lines.add("");
        assertTrue(noted.report().summary().startsWith("Rights: 1 calls used 1 of"));
    }

    @Test
    void theListNamesRightsOfTheChart() throws Exception {
        Set<Grant> chart = ChartGrants.of(Project.root().resolve("traffic-manager/src/main/chart"));
        assertTrue(chart.contains(new Grant(CLUSTER_ROLE, "patch", "pods", "")));
        assertTrue(chart.contains(new Grant("Role/traffic-manager-NAMESPACE", "patch", "pods", "")));
        assertTrue(chart.stream().anyMatch(grant -> grant.role().contains("uninstall")));
        assertEquals(List.of(), KnownRights.read(LIST).strangers(chart));
    }
}

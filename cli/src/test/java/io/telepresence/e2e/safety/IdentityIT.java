package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Who may do what, with users whom the API server knows and who have as little as their case needs: alice connects only,
 * bob may open a shell in pods of namespace default besides, carol may read environment and volumes, and the account
 * robot may engage one workload.
 */
@ExtendWith(Session.class)
class IdentityIT {
    private static final Laptop LAPTOP = new Laptop("admin");
    private static final String ROBOT = "system:serviceaccount:default:robot";
    private static final String TICKETS = "certificatesigningrequests.certificates.k8s.io";
    private static final Duration SOON = Duration.ofSeconds(30);

    private static Path roles;
    private static String begun = "";

    @BeforeAll
    static void grant() {
        String connect = Roles.subjects("alice", "bob", "carol") + ", " + ROBOT_SUBJECT;
        roles = Roles.file(
                "identity",
                Roles.role(Roles.MANAGER, "id-connect", connect, Roles.REACHES)
                        + inDefault("id-shell", Roles.subjects("bob"), Roles.rule("", "pods/exec", "create", ""))
                        + inDefault("id-ingest", Roles.subjects("carol"), attachments("get", ""))
                        + inDefault("id-robot", ROBOT_SUBJECT, attachments("create", "web"))
                        + "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: default}\n");
        Roles.give(roles);
        Roles.awaitRight("yes", "create", "pods/portforward", Roles.MANAGER, "carol");
        Roles.awaitRight("yes", "create", "pods/exec", "default", "bob");
    }

    private static String inDefault(String name, String subjects, String rules) {
        return Roles.role("default", name, subjects, rules);
    }

    private static String attachments(String verb, String workload) {
        return Roles.rule(Roles.OURS, "attachments", verb, workload);
    }

    private static final String ROBOT_SUBJECT = "{kind: ServiceAccount, name: robot, namespace: default}";

    @BeforeEach
    void begin() {
        begun = Instant.now().toString();
    }

    @AfterEach
    void quit() {
        LAPTOP.telepresence("quit", "-s");
    }

    @AfterAll
    static void takeBack() {
        Roles.take(roles);
    }

    private static String mayNot(String user, String verb) {
        return user + " may not " + verb + " attachments.telepresence.io";
    }

    private static Result connect(String user, String... groups) {
        String[] as = {"connect", "--as", user, "--as-group", "system:authenticated"};
        for (String group : groups) {
            as = Shell.join(List.of(as), "--as-group", group).toArray(String[]::new);
        }
        return LAPTOP.telepresence(as);
    }

    private static void nothingIsEngaged() {
        String status = LAPTOP.telepresence("status").ok().stdout();
        assertTrue(status.matches("(?s).*Intercepts *: 0 total.*"), status);
    }

    private static String managerLog() {
        return Cluster.kubectl("-n", Roles.MANAGER, "logs", "-l", "app=traffic-manager", "--tail=-1")
                .ok()
                .stdout();
    }

    private static void audited(String... parts) {
        Shell.await("the audit line with " + String.join(", ", parts), SOON, () -> managerLog()
                .lines()
                .filter(line -> line.startsWith("{") && line.contains("\"time\":"))
                .filter(line ->
                        line.replaceFirst(".*\"time\":\"([^\"]+)\".*", "$1").compareTo(begun) >= 0)
                .anyMatch(line -> List.of(parts).stream().allMatch(line::contains)));
    }

    @Test
    void whoMayOnlyConnectReachesTheClusterAndEngagesNothing() {
        connect("alice").ok();
        LAPTOP.curl("http://echo/").ok().says("echo-");
        LAPTOP.telepresence("intercept", "web", "--port", "8080:http", "--mount=false")
                .failed()
                .says(mayNot("alice", "create"))
                .says("\"web\"")
                .says("namespace \"default\"");
        LAPTOP.telepresence("ingest", "web").failed().says(mayNot("alice", "get"));
        nothingIsEngaged();
        LAPTOP.telepresence("list").failed();
        audited("\"user\":\"alice\"", "\"workload\":\"web\"", "refused");
    }

    @Test
    void whoMayOpenAShellThereMayEngageThere() {
        connect("bob").ok();
        LAPTOP.telepresence("intercept", "web", "--port", "8080:http", "--mount=false")
                .ok();
        LAPTOP.telepresence("quit", "-s").ok();
        connect("alice").ok();
        LAPTOP.telepresence("quit", "-s").ok();
        audited("\"user\":\"bob\"", "\"workload\":\"web\"");
    }

    @Test
    void whoMayReadMayIngestAndNoMore() {
        connect("carol").ok();
        LAPTOP.telepresence("ingest", "web", "--mount=false").ok();
        LAPTOP.telepresence("leave", "web").ok();
        LAPTOP.telepresence("replace", "web", "--mount=false").failed().says(mayNot("carol", "create"));
    }

    @Test
    void anAccountMayEngageTheOneWorkloadThatItsRoleNames() {
        connect(ROBOT, "system:serviceaccounts", "system:serviceaccounts:default")
                .ok();
        LAPTOP.telepresence("intercept", "echo", "--port", "8080:80", "--mount=false")
                .failed()
                .says(mayNot(ROBOT, "create"));
        LAPTOP.telepresence("wiretap", "web", "--port", "8080:http", "--mount=false")
                .ok();
        audited("\"user\":\"" + ROBOT + "\"", "\"workload\":\"web\"");
    }

    @Test
    void logsAreForThoseWhoMayReadThem() {
        connect("alice").ok();
        Path zip = Laptop.home().resolve("alice.zip");
        LAPTOP.telepresence("gather-logs", "--output-file", zip.toString(), "--daemons", "None");
        LAPTOP.run("unzip", "-p", zip.toString()).saysNot("audit").saysNot("Traffic Manager v");
    }

    @Test
    void whoMayNotSayWhoItIsIsNotLetIn() {
        String binding = "clusterrolebinding/telepresence-tickets-" + Roles.MANAGER;
        String kept = Cluster.kubectl("get", binding, "-o", "yaml").ok().stdout();
        Cluster.kubectl("delete", binding).ok();
        try {
            Roles.awaitRight("no", "create", TICKETS, Roles.MANAGER, "alice");
            connect("alice").failed().says(TICKETS);
        } finally {
            Roles.give(
                    Roles.file("binding", kept.replaceAll("(?m)^  (resourceVersion|uid|creationTimestamp):.*\n", "")));
        }
        Roles.awaitRight("yes", "create", TICKETS, Roles.MANAGER, "alice");
        connect("alice").ok();
    }

    @Test
    void noTicketStays() {
        // Those of clients that were killed in between are taken away later.
        String before = tickets();
        connect("alice").ok();
        Shell.await("no ticket is left", SOON, () -> tickets().lines().allMatch(before::contains));
        assertEquals(0, LAPTOP.telepresence("status").exitCode());
    }

    /** Names of those of our signer, a line each. */
    private static String tickets() {
        String ours = "{range .items[?(@.spec.signerName==\"telepresence.io/client\")]}{.metadata.name}{\"\\n\"}{end}";
        return Cluster.kubectl("get", "csr", "-o", "jsonpath=" + ours).ok().stdout();
    }
}

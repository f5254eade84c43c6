package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
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
    private static final String CONNECTS = "ambassador";
    private static final String TICKETS = "certificatesigningrequests.certificates.k8s.io";
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Path ROLES = Laptop.home().resolve("identity.yaml");

    private static String begun = "";

    @BeforeAll
    static void grant() throws IOException {
        String connect = subjects("alice", "bob", "carol");
        Files.writeString(
                ROLES,
                role(CONNECTS, "id-connect", connect + ", " + ROBOT_SUBJECT, CONNECT_RULES)
                        + role("default", "id-shell", subjects("bob"), rule("", "pods/exec", "create", ""))
                        + role("default", "id-ingest", subjects("carol"), rule(OURS, "attachments", "get", ""))
                        + role("default", "id-robot", ROBOT_SUBJECT, rule(OURS, "attachments", "create", "web"))
                        + "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: default}\n");
        Cluster.kubectl("apply", "-f", ROLES.toString()).ok();
        awaitRight("yes", "create", "pods/portforward", CONNECTS, "carol");
        awaitRight("yes", "create", "pods/exec", "default", "bob");
    }

    /** The API server learns of roles a moment later. */
    private static void awaitRight(String answer, String verb, String resource, String namespace, String user) {
        // After a slash kubectl expects a name.
        String[] type = resource.startsWith("pods/") ? resource.split("/") : new String[] {resource, ""};
        Shell.await(user + " may " + verb + " " + resource + ": " + answer, SOON, () -> Cluster.kubectl(
                        "auth",
                        "can-i",
                        verb,
                        type[0],
                        "--subresource=" + type[1],
                        "-n",
                        namespace,
                        "--as=" + user,
                        "--as-group=system:authenticated")
                .stdout()
                .strip()
                .endsWith(answer));
    }

    private static final String OURS = "telepresence.io";
    private static final String ROBOT_SUBJECT = "{kind: ServiceAccount, name: robot, namespace: default}";
    private static final String CONNECT_RULES = rule("", "pods", "get, list", "")
            + rule("", "pods/portforward", "get, create", "")
            + rule("", "services", "get", "");

    private static String rule(String group, String resource, String verbs, String name) {
        String names = name.isEmpty() ? "" : ", resourceNames: [" + name + "]";
        return "- {apiGroups: [\"%s\"], resources: [%s], verbs: [%s]%s}\n".formatted(group, resource, verbs, names);
    }

    private static String subjects(String... users) {
        StringBuilder all = new StringBuilder();
        for (String user : users) {
            all.append(all.isEmpty() ? "" : ", ")
                    .append("{kind: User, apiGroup: rbac.authorization.k8s.io, name: ")
                    .append(user)
                    .append("}");
        }
        return all.toString();
    }

    private static String role(String namespace, String name, String subjects, String rules) {
        return """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: {name: %1$s, namespace: %2$s}
                rules:
                %4$s
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: {name: %1$s, namespace: %2$s}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %1$s}
                subjects: [%3$s]
                ---
                """
                .formatted(name, namespace, subjects, rules.stripTrailing());
    }

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
        Cluster.kubectl("delete", "-f", ROLES.toString(), "--ignore-not-found");
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
        return Cluster.kubectl("-n", CONNECTS, "logs", "-l", "app=traffic-manager", "--tail=-1")
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
        String binding = "clusterrolebinding/telepresence-tickets-" + CONNECTS;
        String kept = Cluster.kubectl("get", binding, "-o", "yaml").ok().stdout();
        Cluster.kubectl("delete", binding).ok();
        try {
            awaitRight("no", "create", TICKETS, CONNECTS, "alice");
            connect("alice").failed().says(TICKETS);
        } finally {
            restore(kept);
        }
        awaitRight("yes", "create", TICKETS, CONNECTS, "alice");
        connect("alice").ok();
    }

    private static void restore(String yaml) {
        Path file = Laptop.home().resolve("binding.yaml");
        try {
            Files.writeString(file, yaml.replaceAll("(?m)^  (resourceVersion|uid|creationTimestamp):.*\n", ""));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        Cluster.kubectl("apply", "-f", file.toString()).ok();
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

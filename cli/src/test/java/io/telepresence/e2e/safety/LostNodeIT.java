package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The node of the traffic-manager loses its power: Kubernetes waits for somebody who looks at it, and so users have to. */
@ExtendWith(Session.class)
class LostNodeIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final String POD = "traffic-manager-0";
    private static final Duration SOON = Duration.ofSeconds(60);
    /** The cluster's nodes are missed after ten seconds; a real one's after a minute. */
    private static final Duration MISSED = Duration.ofSeconds(90);
    /** Shorter than the limit of a connect, which is 60 s; who may not see nodes looks twice, 10 s apart. */
    private static final long AT_ONCE_MILLIS = 40_000;

    private String node = "";
    private List<String> before = List.of();

    @BeforeEach
    void connect() {
        assumeTrue(names("nodes").split(" ").length > 1, "the traffic-manager needs another node to go to");
        node = Cluster.kubectl("-n", Roles.MANAGER, "get", "pod", POD, "-o", "jsonpath={.spec.nodeName}")
                .ok()
                .stdout();
        before = notReady();
        LAPTOP.telepresence("connect").ok();
        LAPTOP.curl("http://echo/").ok();
    }

    @AfterEach
    void giveBack() {
        if (!node.isEmpty()) {
            Cluster.script("node", "start", node).ok();
        }
        LAPTOP.telepresence("quit", "-s");
        Shell.await("all pods are as before", Duration.ofSeconds(150), () -> before.containsAll(notReady()));
    }

    /** Names of pods; some samples never are. */
    private static List<String> notReady() {
        String each = "{range .items[?(@.status.phase!=\"Succeeded\")]}{.metadata.name} "
                + "{.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}{end}";
        return Cluster.kubectl("get", "pods", "--all-namespaces", "-o", "jsonpath=" + each)
                .ok()
                .stdout()
                .lines()
                .filter(line -> !line.endsWith(" True"))
                .map(line -> line.split(" ")[0])
                .toList();
    }

    @Test
    void commandsNameTheNodeAndWhatToTypeAndThatIsIt() {
        Cluster.script("node", "kill", node).ok();
        String lost = "its node \"" + node + "\" is lost";
        String command = "kubectl delete pod " + POD + " --namespace " + Roles.MANAGER + " --force";

        Shell.await("status names the node", MISSED, () -> LAPTOP.telepresence("status")
                .stdout()
                .contains(lost));
        LAPTOP.telepresence("status").ok().says(command);
        atOnce(LAPTOP.telepresence("list").failed().says(lost).says(command));
        atOnce(LAPTOP.telepresence("connect").failed().says(lost).says(command));
        LAPTOP.telepresence("quit", "-s").ok();
        atOnce(LAPTOP.telepresence("connect").failed().says(lost).says(command));
        LAPTOP.telepresence("quit", "-s").ok();

        Cluster.kubectl("delete", "pod", POD, "--namespace", Roles.MANAGER, "--force")
                .ok();
        LAPTOP.telepresence("connect").ok();
        Shell.await(
                "the cluster is there",
                SOON,
                () -> LAPTOP.curl("-m", "3", "http://echo.other/").exitCode() == 0);
        LAPTOP.telepresence("status").ok().saysNot(lost);
    }

    @Test
    void aSessionGoesOnWhenTheNodeIsBack() {
        Cluster.script("node", "kill", node).ok();
        Shell.await("status names the node", MISSED, () -> LAPTOP.telepresence("status")
                .stdout()
                .contains("its node \"" + node + "\" is lost"));
        Cluster.script("node", "start", node).ok();
        Shell.await("the session goes on", SOON.multipliedBy(2), () -> {
            String status = LAPTOP.telepresence("status").ok().stdout();
            return status.contains("Connected") && !status.contains("is lost");
        });
        LAPTOP.telepresence("list").ok();
    }

    private static void atOnce(Result result) {
        assertTrue(result.millis() < AT_ONCE_MILLIS, result::describe);
    }

    private static String names(String kind) {
        return Cluster.kubectl("get", kind, "-o", "jsonpath={.items[*].metadata.name}")
                .ok()
                .stdout();
    }
}

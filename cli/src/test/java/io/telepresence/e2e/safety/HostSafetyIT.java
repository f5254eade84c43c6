package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a cluster, and whoever works in it, can do to a laptop that is connected to it. */
@ExtendWith(Session.class)
class HostSafetyIT {
    private static final Laptop LAPTOP = new Laptop("developer");

    @BeforeEach
    void connect() {
        LAPTOP.telepresence("connect").ok();
    }

    @AfterEach
    void end() {
        Cluster.kubectl("delete", "namespace", "dev", "--ignore-not-found", "--wait=false");
        LAPTOP.telepresence("quit", "-s");
    }

    @Test
    void aNamespaceCalledLikeATopLevelDomainTakesNoPublicNames() {
        Cluster.kubectl("create", "namespace", "dev").ok();
        for (String service : List.of("example", "own")) {
            Cluster.kubectl("-n", "dev", "create", "service", "clusterip", service, "--tcp=80:80")
                    .ok();
        }
        String own = clusterIp("own");
        Shell.await("what is no public name is the cluster's", Duration.ofSeconds(20), () -> look("own.dev")
                .equals(own));
        String found = look("example.dev");
        assertFalse(found.isEmpty());
        assertFalse(found.equals(clusterIp("example")), "the world's example.dev is the cluster's");
        assertEquals(clusterIp("example"), look("example.dev.svc"));

        LAPTOP.telepresence("quit").ok();
        LAPTOP.telepresence("connect", "--mapped-namespaces", "default,dev").ok();
        Shell.await("the user named it", Duration.ofSeconds(20), () -> look("example.dev")
                .equals(clusterIp("example")));
    }

    @Test
    void whatActsOnATerminalIsRefused() {
        Result refused = LAPTOP.telepresence(
                        "intercept", "echo", "--port", "8080:http", "--http-header", "x=a\u001b[2Jb")
                .failed();
        assertEquals(-1, (refused.stdout() + refused.stderr()).indexOf('\u001b'), refused::describe);
        refused.says("control character");
    }

    /** Programs believe "refused", and do not try again. */
    @Test
    void withoutTheManagerAServiceIsUnreachableNotRefused() {
        String address = look("echo.default.svc.cluster.local");
        String url = "http://" + address + "/";
        LAPTOP.curl(url).ok().says("echo-");
        // curl does not say why.
        String connect = ": > /dev/tcp/" + address + "/80";
        List<String> errors = new ArrayList<>();
        try {
            replicas(0);
            Shell.await("nothing answers", Duration.ofSeconds(30), () -> {
                errors.add(LAPTOP.run("timeout", "3", "bash", "-c", connect).stderr());
                return errors.stream().anyMatch(e -> e.contains("No route to host"));
            });
        } finally {
            replicas(1);
            Cluster.kubectl("-n", "ambassador", "rollout", "status", "statefulset/traffic-manager", "--timeout=60s")
                    .ok();
        }
        assertTrue(errors.stream().noneMatch(e -> e.contains("refused")), errors::toString);
        Shell.await(
                "the session goes on",
                Duration.ofSeconds(60),
                () -> LAPTOP.curl("-m", "3", url).exitCode() == 0);
    }

    private static void replicas(int count) {
        Cluster.kubectl("-n", "ambassador", "scale", "statefulset/traffic-manager", "--replicas=" + count)
                .ok();
    }

    private static String clusterIp(String service) {
        return Cluster.kubectl("-n", "dev", "get", "service", service, "-o", "jsonpath={.spec.clusterIP}")
                .ok()
                .stdout();
    }

    private static String look(String name) {
        return LAPTOP.run("dig", "+short", name).stdout().strip();
    }
}

package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Daemons;
import io.telepresence.e2e.harness.HostState;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Processes that die or freeze: what should go on goes on by itself, and the rest leaves nothing behind. */
@ExtendWith(Session.class)
class CrashIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Duration SOON = Duration.ofSeconds(60);
    /** Two heartbeats that are missed, the longest wait before another try, and some for a busy machine. */
    private static final Duration RESUMED = Duration.ofSeconds(20);

    private static HostState before;
    private static Process handler;

    @BeforeAll
    static void look() {
        before = HostState.quiet(LAPTOP);
        handler = LAPTOP.start(
                "socat",
                "TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr",
                "EXEC:" + Project.root().resolve("scripts/lib/hello"));
    }

    @AfterAll
    static void end() {
        handler.destroy();
    }

    @BeforeEach
    void intercept() {
        LAPTOP.telepresence("connect").ok();
        LAPTOP.telepresence("intercept", "echo", "--port", "8080:http").ok();
        assertEquals("from the laptop\n", Cluster.fromPod("http://echo/").ok().stdout());
    }

    @AfterEach
    void quit() {
        LAPTOP.telepresence("quit", "-s");
        Shell.await("host as before", SOON, () -> HostState.read(LAPTOP).equals(before));
    }

    @Test
    void userDaemonKilled() {
        signal("KILL", "userd");
        Shell.await("network undone", Duration.ofSeconds(30), () -> HostState.read(LAPTOP)
                .routes()
                .equals(before.routes()));
        Shell.await("the cluster answers again", SOON, CrashIT::clusterAnswers);
        Shell.await("no process left", Duration.ofSeconds(75), () -> HostState.daemons(LAPTOP)
                .isEmpty());
    }

    @Test
    void rootDaemonKilled() {
        signal("KILL", "rootd");
        Shell.await(
                "the network comes back by itself",
                SOON,
                () -> LAPTOP.curl("-m", "3", "http://echo.other/").exitCode() == 0);
        assertEquals("from the laptop\n", Cluster.fromPod("http://echo/").ok().stdout());
    }

    @Test
    void bothDaemonsKilled() {
        signal("KILL", "userd");
        signal("KILL", "rootd");
        Shell.await("host as before", Duration.ofSeconds(30), () -> HostState.read(LAPTOP)
                .equals(before));
        Shell.await("the cluster answers again", SOON, CrashIT::clusterAnswers);
        LAPTOP.telepresence("connect").ok();
        LAPTOP.curl("http://echo/").ok().says("echo-");
        LAPTOP.telepresence("intercept", "echo", "--port", "8080:http").ok();
        assertEquals("from the laptop\n", Cluster.fromPod("http://echo/").ok().stdout());
    }

    @Test
    void whoComesBackAfterADaemonWasKilledIsNotInItsOwnWay() {
        signal("KILL", "userd");
        LAPTOP.telepresence("connect").ok();
        LAPTOP.telepresence("intercept", "echo", "--port", "8080:http").ok();
        assertEquals("from the laptop\n", Cluster.fromPod("http://echo/").ok().stdout());
    }

    @Test
    void whoConnectsWhileTheManagerStartsWaitsForIt() {
        LAPTOP.telepresence("quit").ok();
        Cluster.kubectl("-n", "ambassador", "delete", "pod", "-l", "app=traffic-manager", "--wait=false")
                .ok();
        LAPTOP.telepresence("connect").ok();
        LAPTOP.curl("http://echo.other/").ok();
    }

    @Test
    void managerKilled() {
        Cluster.kubectl("-n", "ambassador", "delete", "pod", "-l", "app=traffic-manager", "--grace-period=0", "--force")
                .ok();
        Shell.await(
                "names work again",
                SOON,
                () -> LAPTOP.curl("-m", "3", "http://echo.other/").exitCode() == 0);
        Shell.await("the intercept works again", SOON, CrashIT::laptopAnswers);
    }

    @Test
    void agentPodKilled() {
        Cluster.kubectl("delete", "pod", "-l", "sample=echo", "--grace-period=0", "--force")
                .ok();
        Shell.await("the intercept works again", SOON, CrashIT::laptopAnswers);
    }

    @Test
    void portForwardsCut() {
        // The kubelet's end of each, at the API server and at the container runtime.
        Cluster.part("kill", "kubelet");
        Cluster.part("start", "kubelet");
        Shell.await(
                "names work again",
                RESUMED,
                () -> LAPTOP.curl("-m", "3", "http://echo.other/").exitCode() == 0);
        Shell.await("the intercept works again", RESUMED, CrashIT::laptopAnswers);
    }

    @Test
    void connectionsToTheApiServerCut() {
        Set<String> cut = connections();
        assertTrue(cut.size() > 3, cut::toString);
        LAPTOP.run("ss", "-KHtn", "dst", ClusterEnv.address(), "dport", "=", ":6443")
                .ok();
        assertTrue(Collections.disjoint(cut, connections()), "they are cut");
        Shell.await(
                "names work again",
                RESUMED,
                () -> LAPTOP.curl("-m", "3", "http://echo.other/").exitCode() == 0);
        Shell.await("the intercept works again", RESUMED, CrashIT::laptopAnswers);
    }

    @Test
    void apiServerAwayFor30Seconds() {
        Cluster.part("freeze", "apiserver");
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        Shell.await("30 s", Duration.ofSeconds(35), () -> System.nanoTime() > end);
        Cluster.part("thaw", "apiserver");
        Shell.await(
                "names work again",
                SOON,
                () -> LAPTOP.curl("-m", "3", "http://echo.other/").exitCode() == 0);
        Shell.await("the intercept works again", SOON, CrashIT::laptopAnswers);
    }

    /** For longer than the traffic-manager keeps a session that is silent; with {@code scripts/test --all} much longer. */
    @Test
    void frozenLaptop() {
        Duration asleep = Duration.ofSeconds(Boolean.getBoolean("e2e.long") ? 120 : 45);
        signal("STOP", "userd");
        signal("STOP", "rootd");
        long end = System.nanoTime() + asleep.toNanos();
        Shell.await("the cluster answers while the laptop sleeps", SOON, CrashIT::clusterAnswers);
        Shell.await("it sleeps on", asleep.plusSeconds(5), () -> System.nanoTime() > end);
        signal("CONT", "rootd");
        signal("CONT", "userd");
        Shell.await(
                "names work again",
                SOON,
                () -> LAPTOP.curl("-m", "3", "http://echo.other/").exitCode() == 0);
        Shell.await("the intercept works again", SOON, CrashIT::laptopAnswers);
    }

    /** To the API server, by their ports on the laptop. */
    private static Set<String> connections() {
        return LAPTOP.run("ss", "-Htn", "state", "established", "dst", ClusterEnv.address(), "dport", "=", ":6443")
                .ok()
                .stdout()
                .lines()
                .map(line -> line.strip().split(" +")[2])
                .collect(Collectors.toSet());
    }

    private static boolean laptopAnswers() {
        return Cluster.fromPod("http://echo/").stdout().contains("from the laptop");
    }

    private static boolean clusterAnswers() {
        return Cluster.fromPod("http://echo/").stdout().contains("echo-");
    }

    private static void signal(String signal, String daemon) {
        Daemons.of(LAPTOP).signal(signal, daemon);
    }
}

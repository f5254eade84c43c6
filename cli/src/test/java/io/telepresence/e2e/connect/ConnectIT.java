package io.telepresence.e2e.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.HostState;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** Connect as the plain developer: names, addresses, both IP families, UDP, ICMP, and nothing left after quit. */
@ExtendWith(Session.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ConnectIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static HostState before;

    @BeforeAll
    static void look() {
        before = HostState.quiet(LAPTOP);
    }

    /** Also where one of these is run alone. */
    @BeforeEach
    void connected(TestInfo test) {
        int order =
                test.getTestMethod().orElseThrow().getAnnotation(Order.class).value();
        if (order > 1 && order <= 8) {
            LAPTOP.telepresence("connect").ok();
        }
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
    }

    @Test
    @Order(1)
    void connectPrintsTheThreeLines() {
        Result connect = LAPTOP.telepresence("connect").ok();
        connect.says("Launching Telepresence User Daemon")
                .says("Launching Telepresence Root Daemon")
                .says("Connected to context ")
                .says(", namespace default (" + ClusterEnv.apiServer() + ")");
    }

    @Test
    @Order(2)
    void equalParametersReuseTheConnectionAndOthersAreRefused() {
        LAPTOP.telepresence("connect").ok().saysNot("Launching");
        LAPTOP.telepresence("connect", "--namespace", "other")
                .failed()
                .says("already connected, with namespace default, not other")
                .says("telepresence quit");
    }

    @Test
    @Order(3)
    void theApiServerAnswersByName() {
        String status = LAPTOP.curl("-ik", "https://kubernetes.default").ok().stdout();
        assertTrue(status.contains(" 401") || status.contains(" 403"), status);
    }

    @Test
    @Order(3)
    void servicesAnswerUnderEachOfTheirNames() {
        for (String name :
                new String[] {"echo", "echo.default", "echo.default.svc", "echo.default.svc.cluster.local"}) {
            LAPTOP.curl("http://" + name + "/").ok().says("echo-");
        }
        LAPTOP.curl("http://echo.other/").ok().says("echo-");
    }

    @Test
    @Order(3)
    void headlessPodsAnswerByTheirOwnNames() {
        String pod = LAPTOP.curl("http://echo-sts-1.echo-sts.default.svc.cluster.local:8080/")
                .ok()
                .stdout();
        assertTrue(pod.contains("echo-sts-1"), pod);
    }

    @Test
    @Order(3)
    void everyRecordTypeComesFromTheClusterAndOtherNamesDoNot() {
        LAPTOP.run("dig", "+short", "SRV", "_http._tcp.echo.default.svc.cluster.local")
                .ok()
                .says("echo.default");
        String address = LAPTOP.run("dig", "+short", "echo.default.svc.cluster.local")
                .ok()
                .stdout()
                .strip();
        LAPTOP.run("dig", "+short", "-x", address).ok().says("echo.default.svc.cluster.local");
        LAPTOP.run("dig", "nothing.default.svc.cluster.local").ok().says("NXDOMAIN");
        assertTrue(!LAPTOP.run("dig", "+short", "www.example.com").ok().stdout().isBlank(), "a public name");
    }

    @Test
    @Order(3)
    void podAddressesWorkWithoutNames() {
        String ip = Cluster.kubectl("get", "pod", "-l", "sample=echo", "-o", "jsonpath={.items[0].status.podIP}")
                .ok()
                .stdout();
        LAPTOP.curl("http://" + ip + ":8080/").ok().says("echo-");
        LAPTOP.run("ping", "-c", "1", "-W", "3", ip).ok();
    }

    @Test
    @Order(3)
    void ipv6AddressesWork() {
        String ip = Cluster.kubectl("get", "pod", "-l", "sample=echo", "-o", "jsonpath={.items[0].status.podIPs[1].ip}")
                .ok()
                .stdout();
        LAPTOP.curl("-g", "http://[" + ip + "]:8080/").ok().says("echo-");
    }

    @Test
    @Order(3)
    void datagramsComeBack() {
        Result reply = LAPTOP.run("sh", "-c", "echo hello | socat -t 3 - UDP:udp-echo:9000");
        assertEquals("hello", reply.ok().stdout().strip());
    }

    @Test
    @Order(3)
    void closedPortsAreRefusedAtOnce() {
        String ip = Cluster.kubectl("get", "pod", "-l", "sample=echo", "-o", "jsonpath={.items[0].status.podIP}")
                .ok()
                .stdout();
        Result refused = LAPTOP.curl("-v", "http://" + ip + ":9/").failed().says("onnection refused");
        assertTrue(refused.millis() < 9000, refused::describe);
    }

    @Test
    @Order(3)
    void statusAndVersionShowEveryPart() {
        LAPTOP.telepresence("status")
                .ok()
                .says("User Daemon: Running")
                .says("Root Daemon: Running")
                .says("Traffic Manager: Connected")
                .says("Kubernetes server")
                .says("10.96.0.0/");
        LAPTOP.telepresence("status", "--output", "json")
                .ok()
                .says("\"user_daemon\"")
                .says("\"subnets\"");
        LAPTOP.telepresence("version")
                .ok()
                .says("Root Daemon")
                .says("Traffic Manager")
                .saysNot("not running");
    }

    @Test
    @Order(3)
    void listShowsEachSample() {
        LAPTOP.telepresence("list")
                .ok()
                .says("deployment echo")
                .says("statefulset echo-sts")
                .says("ready to engage (traffic-agent not yet installed)");
    }

    @Test
    @Order(3)
    void aCommandRunsInsideAndItsExitCodeComesBack() {
        assertEquals(
                7,
                LAPTOP.telepresence("connect", "--", "sh", "-c", "curl -s http://echo/ >/dev/null && exit 7")
                        .exitCode());
        LAPTOP.telepresence("status").ok().says("Connected");
    }

    @Test
    @Order(8)
    void quitLeavesNothing() {
        Result quit = LAPTOP.telepresence("quit", "-s").ok().says("Telepresence Daemons quitting...done");
        assertTrue(quit.millis() < 9000, quit::describe);
        Shell.await("host as before", Duration.ofSeconds(30), () -> HostState.read(LAPTOP)
                .equals(before));
        LAPTOP.curl("-m", "3", "http://echo/").failed();
        LAPTOP.telepresence("status").ok().says("User Daemon: Not running").says("Root Daemon: Not running");
        LAPTOP.telepresence("quit").ok().says("Not connected");
    }

    @Test
    @Order(9)
    void aCommandBringsItsOwnConnectionAndTakesItAway() {
        assertEquals(
                3,
                LAPTOP.telepresence("connect", "--", "sh", "-c", "curl -sf http://echo/ && exit 3")
                        .exitCode());
        LAPTOP.telepresence("status").ok().saysNot("Status: Connected");
        LAPTOP.telepresence("quit", "-s").ok();
    }

    @Test
    @Order(10)
    void strangersReachNeitherDaemon() {
        LAPTOP.telepresence("connect").ok();
        String runtime = Laptop.home().resolve("run/telepresence/userd.socket").toString();
        for (String socket : new String[] {runtime, "/run/telepresence/rootd.socket"}) {
            LAPTOP.run("test", "-S", socket).ok();
            LAPTOP.run(
                            "setpriv",
                            "--reuid",
                            "nobody",
                            "--regid",
                            "nogroup",
                            "--clear-groups",
                            "socat",
                            "-u",
                            "OPEN:/dev/null",
                            "UNIX-CONNECT:" + socket)
                    .failed()
                    .says("ermission denied");
        }
        LAPTOP.telepresence("quit", "-s").ok();
    }
}

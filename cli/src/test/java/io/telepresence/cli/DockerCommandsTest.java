package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.rpc.connector.GatherLogsRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands that are about connections in containers. */
@Timeout(60)
final class DockerCommandsTest {
    private static final ClientEngagement.Port HTTP = Samples.port("TCP", 8080, 8080, "http", 80);

    @TempDir
    private Path home;

    private DockerBench bench;

    @BeforeEach
    void open() {
        bench = new DockerBench(home);
    }

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    @Test
    void curlGetsAllWordsAndGivesItsExitCode() throws Exception {
        bench.connection("dev");
        bench.typing.childExit = 22;
        assertEquals(22, bench.typing.type("curl -ik --output x --help https://kubernetes.default -- -n"));
        assertEquals(
                "[docker, run, --rm, --interactive, --network=container:tp-dev, --label=io.telepresence.connection=dev,"
                        + " --label=io.telepresence.role=curl, --label=io.telepresence.owner=1000, --cap-drop=ALL,"
                        + " --security-opt=no-new-privileges, --read-only, --user=65534:65534, --entrypoint=curl,"
                        + " client:1, -ik, --output, x, --help, https://kubernetes.default, --, -n] {}",
                bench.typing.children.getFirst().replaceAll(" connected=.*", ""));
        assertEquals("", bench.typing.err());
    }

    @Test
    void dockerRunStartsAContainerInTheNetworkAndRemovesIt() throws Exception {
        bench.connection("dev");
        bench.typing.childExit = 3;
        bench.typing.meanwhile = () -> assertEquals(
                2,
                bench.engine.state().stream().filter(s -> s.contains(" mine")).count());
        assertEquals(3, bench.typing.type("docker-run --rm -it --name mine -p 80:80 img -x --help"));
        assertTrue(bench.engine.ran("create").endsWith(" img -x --help"));
        assertTrue(bench.engine.ran("run").contains(" --publish=80:80 "));
        assertEquals(
                "exec mine-sandbox /opt/telepresence/container/plumb 172.29.255.2 - route=10.96.0.0/16"
                        + " route=10.244.0.0/24 name=mine",
                bench.engine.ran("exec"));
        assertTrue(bench.typing.children.getFirst().startsWith("[docker, start, --attach, --interactive, mine] "));
        assertEquals(2, bench.engine.state().size(), bench.engine.state().toString());
    }

    @Test
    void aDetachedContainerStays() throws Exception {
        bench.connection("dev");
        assertEquals(0, bench.typing.type("docker-run -d --name mine img"));
        assertTrue(bench.engine.state().contains("container mine-sandbox running"));
        bench.typing.childExit = 1;
        assertEquals(1, bench.typing.type("docker-run -d --name other img"));
        assertFalse(bench.engine.state().toString().contains("other"));
    }

    @Test
    void whatCannotRunIsOneSentence() throws Exception {
        bench.connection("dev");
        assertEquals(1, bench.typing.type("docker-run -p 80:80"));
        assertTrue(bench.typing.err().contains("error: telepresence docker-run needs the name of an image"));
        assertEquals(1, bench.typing.type("docker-run nothing"));
        assertTrue(bench.typing.err().contains("error: the image nothing is not in this engine and cannot be pulled"));
        bench.engine.failures.put("run", "docker: Bind for 0.0.0.0:80 failed: port is already allocated");
        assertEquals(1, bench.typing.type("docker-run -p 80:80 img"));
        assertTrue(bench.typing.err().contains("the port 0.0.0.0:80 is taken already"), bench.typing.err());
        assertEquals(1, bench.typing.err().lines().count());
        assertEquals(2, bench.engine.state().size(), bench.engine.state().toString());
    }

    @Test
    void theConnectionMustBeConnected() throws Exception {
        bench.connection("dev");
        bench.daemon("dev").connected = false;
        assertEquals(1, bench.typing.type("curl x"));
        assertTrue(bench.typing.err().contains("the connection dev is not connected"), bench.typing.err());
    }

    @Test
    void statusOfOne() throws Exception {
        bench.connection("dev", "80:80", "81");
        assertEquals(0, bench.typing.type("status"));
        assertEquals(
                """
                Daemon dev: Running
                  Version           : v0.1.0
                  Executable        : /opt/telepresence/bin/telepresence
                  Install ID        : i-1
                  Status            : Connected
                  Kubernetes server : https://192.0.2.1:6443
                  Kubernetes context: dev
                  Namespace         : default
                  Manager namespace : ambassador
                  Mapped namespaces : [default shop]
                  Cluster user      : ann
                  Intercepts        : 0 total
                  Exposed ports     : [80:80 81]
                  Container         : tp-dev
                """,
                bench.typing.out().substring(0, bench.typing.out().indexOf("  DNS ")));
        assertFalse(bench.typing.out().contains("Root Daemon"));
        assertTrue(bench.typing.out().contains("Traffic Manager: Connected\n"));
    }

    @Test
    void statusOfOneAsData() throws Exception {
        bench.connection("dev", "80:80");
        bench.typing.type("status --output json");
        String out = bench.typing.out();
        assertTrue(out.startsWith("{\"daemon\":{\"running\":true,\"in_docker\":true,\"name\":\"dev\","), out);
        assertTrue(
                out.contains(
                        "\"container\":\"tp-dev\",\"container_network\":\"container:tp-dev\",\"exposedPorts\":[\"80:80\"]"),
                out);
        assertTrue(out.contains("\"subnets\":[\"10.96.0.0/16\",\"10.244.0.0/24\"]"), out);
        assertFalse(out.contains("root_daemon"), out);
    }

    @Test
    void statusOfSeveral() throws Exception {
        bench.connection("dev");
        bench.connection("prod");
        bench.typing.userRuns = true;
        bench.typing.type("status");
        List<String> heads =
                bench.typing.out().lines().filter(l -> !l.startsWith(" ")).toList();
        assertEquals(
                List.of(
                        "User Daemon: Running",
                        "Root Daemon: Not running",
                        "Traffic Manager: Not connected",
                        "Daemon dev: Running",
                        "Traffic Manager: Connected",
                        "Daemon prod: Running",
                        "Traffic Manager: Connected"),
                heads);
        bench.typing.type("status --output json");
        assertTrue(bench.typing.out().startsWith("{\"connections\":[{\"user_daemon\":"), bench.typing.out());
        bench.typing.type("status --use prod");
        assertTrue(bench.typing.out().startsWith("Daemon prod: Running\n"), bench.typing.out());
        bench.typing.type("version");
        assertTrue(bench.typing.out().contains("Connection prod"), bench.typing.out());
    }

    @Test
    void oneInTheFormatForSeveral() throws Exception {
        bench.connection("dev");
        bench.typing.type("status --multi-daemon --output json");
        assertTrue(bench.typing.out().startsWith("{\"connections\":[{\"daemon\":"), bench.typing.out());
    }

    @Test
    void whichOfSeveralMustBeSaid() throws Exception {
        bench.connection("dev");
        bench.connection("prod");
        assertEquals(1, bench.typing.type("list"));
        assertEquals(
                "telepresence list: error: multiple daemons are running (dev, prod). Please select one using the"
                        + " --use <match> flag\n",
                bench.typing.err());
        assertEquals(0, bench.typing.type("list --use pro"), bench.typing::err);
        assertEquals(0, bench.typing.type("--use dev curl http://x"), bench.typing::err);
    }

    @Test
    void useMayStandAnywhere() throws Exception {
        bench.connection("dev");
        bench.connection("prod");
        for (String line : List.of(
                "curl --use dev -s http://x --user a",
                "curl -s --use=dev http://x --user a",
                "curl -s http://x --user a --use dev",
                "--use dev curl -s http://x --user a",
                "--use=dev curl -s http://x --user a")) {
            bench.typing.children.clear();
            assertEquals(0, bench.typing.type(line), bench.typing::err);
            String ran = bench.typing.children.getFirst();
            assertTrue(ran.contains("--network=container:tp-dev,"), ran);
            assertTrue(ran.contains(" client:1, -s, http://x, --user, a]"), ran);
        }
    }

    @Test
    void aSecondUseIsTheOtherPrograms() throws Exception {
        bench.connection("dev");
        bench.connection("prod");
        assertEquals(0, bench.typing.type("docker-run --use dev --name mine img x --use y"), bench.typing::err);
        assertTrue(bench.engine.ran("create").endsWith(" img x --use y"), bench.engine.ran("create"));
        assertEquals(0, bench.typing.type("--use dev docker-run --name mine img x --use=y"), bench.typing::err);
        assertTrue(bench.engine.commands.stream().anyMatch(c -> c.endsWith(" img x --use=y")));
        assertEquals(1, bench.typing.type("docker-run img --use"));
    }

    @Test
    void whereTheVolumesOfAContainerAreServedIsNotTheUsersBusiness() throws Exception {
        bench.connection("dev");
        var served = new ClientEngagement.Mount("", "", "", "10.244.0.7", 43715, List.of("/data"));
        bench.daemon("dev").workloads = List.of(Samples.workload(
                "echo", "v1", "", Samples.engagement(EngagementKind.REPLACE, "echo/app", served, HTTP)));
        for (String format : List.of("default", "json")) {
            assertEquals(0, bench.typing.type("list --output " + format), bench.typing::err);
            assertTrue(bench.typing.out().contains("echo"), bench.typing.out());
            assertFalse(bench.typing.out().contains("43715"), bench.typing.out());
        }
    }

    @Test
    void logsComeOutOfTheContainer() throws Exception {
        bench.connection("dev");
        Path made = home.resolve("logs/tp-dev/gathered.zip");
        Files.createDirectories(made.getParent());
        Files.writeString(made, "zip");
        assertEquals(0, bench.typing.type("gather-logs -o out.zip"), bench.typing::err);
        GatherLogsRequest request = (GatherLogsRequest) bench.daemon("dev").asked;
        assertEquals("/var/log/telepresence/gathered.zip", request.getOutputFile());
        assertEquals("zip", Files.readString(home.resolve("out.zip")));
        assertTrue(bench.typing.out().endsWith("Logs have been exported to " + home.resolve("out.zip") + "\n"));
        assertFalse(Files.exists(made));
    }

    @Test
    void quitEndsTheSessionAndKeepsTheContainer() throws Exception {
        bench.connection("dev");
        assertEquals(0, bench.typing.type("quit"));
        assertEquals("Disconnected\n", bench.typing.out());
        assertFalse(bench.daemon("dev").connected);
        assertEquals(2, bench.engine.state().size());
    }

    @Test
    void quitWithStopRemovesAll() throws Exception {
        bench.connection("dev");
        bench.connection("prod");
        bench.engine.container("foreign", "running");
        bench.engine.container("old", "exited", "io.telepresence.connection=old", "io.telepresence.owner=1000");
        assertEquals(0, bench.typing.type("quit -s"));
        assertEquals(
                "Telepresence Daemons quitting...done\n", bench.typing.out().replaceAll("quitting...\n", ""));
        assertEquals("quit", bench.daemon("prod").asked);
        assertEquals(List.of("container foreign running"), bench.engine.state());
        assertEquals(List.of(), bench.connections.all());
    }
}

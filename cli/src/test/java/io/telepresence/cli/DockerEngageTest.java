package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.fault.Fault;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.MountRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Engagements whose handler is a container. */
@Timeout(60)
final class DockerEngageTest {
    private static final ClientEngagement.Port HTTP = Samples.port("TCP", 8080, 8080, "http", 80);
    private static final ClientEngagement.Mount SERVED =
            new ClientEngagement.Mount("", "", "", "10.244.0.7", 4444, List.of("/data"));

    @TempDir
    private Path home;

    private DockerBench bench;

    @BeforeEach
    void open() throws Exception {
        bench = new DockerBench(home);
        bench.connection("dev");
    }

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    private FakeDaemon daemon() {
        return bench.daemon("dev");
    }

    private List<String> handlers() {
        return bench.engine.state().stream().filter(s -> !s.contains("tp-dev")).toList();
    }

    private EngageRequest engaged(String line) {
        EngageRequest[] request = new EngageRequest[1];
        bench.typing.meanwhile = () -> request[0] = (EngageRequest) daemon().asked;
        assertEquals(0, bench.typing.type(line), bench.typing::err);
        return request[0];
    }

    @Test
    void anInterceptIsShownAsItsHandlerSeesIt() {
        daemon().next = Samples.engagement(EngagementKind.INTERCEPT, "echo", SERVED, HTTP);
        EngageRequest request = engaged("intercept echo --port 8080:http --docker-run -- img x");
        assertEquals(
                """
                Using Deployment echo
                intercepted
                  Intercept name: echo
                  State         : ACTIVE
                  Workload kind : Deployment
                  Destination   : 127.0.0.1:8080
                  Intercepting  : all TCP connections
                """,
                bench.typing.out());
        assertEquals("172.29.255.3", request.getSpec().getTargetHost());
        assertEquals("172.29.255.3", request.getMount().getHandlerHost());
        assertEquals(MountRequest.Mode.NONE, request.getMount().getMode());
        assertTrue(bench.engine.ran("exec").endsWith(" in=tcp/8080"), bench.engine.ran("exec"));
        assertEquals(List.of(), handlers(), "all was removed");
        assertEquals(List.of(), daemon().engagements);
    }

    @Test
    void aReplaceIsShownWithoutVolumes() {
        daemon().next = Samples.engagement(EngagementKind.REPLACE, "echo/app", SERVED, HTTP);
        engaged("replace echo --container app --docker-run -- img x");
        assertEquals(
                """
                Using Deployment echo
                Container name: app
                State         : ACTIVE
                Workload kind : Deployment
                Port forwards : 127.0.0.1 -> 127.0.0.1
                    8080 -> 8080 TCP
                """,
                bench.typing.out());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ingest echo --docker-run -- img x          | ingest-echo         | /
                    intercept echo -p 8080 --docker-run -- img x | intercept-echo-8080 | /
                    replace echo --docker-run -- img x         | intercept-echo      | /
                    wiretap echo -p 8080 --docker-run -- img x | intercept-echo-8080 | /
                    ingest echo --docker-run --docker-mount /m/ -- img x | ingest-echo | /m
                    ingest echo --docker-run --mount /m -- img x | ingest-echo       | /m
                    """)
    void theHandlerGetsEnvironmentAndVolumes(String line, String name, String root) {
        daemon().next = Samples.engagement(EngagementKind.INGEST, "echo/app", SERVED);
        engaged(line);
        String made = bench.engine.ran("create");
        assertTrue(made.contains(" --name=" + name + " "), made);
        assertTrue(made.contains(" --volumes-from=" + name + "-sandbox:ro "), made);
        assertTrue(made.endsWith(" --entrypoint=/.telepresence/hold img volumes x"), made);
        assertEquals(
                "GREETING=hello\nTELEPRESENCE_HANDLER_CONTAINER_NAME=" + name + "\nTELEPRESENCE_ROOT=" + root + "\n",
                bench.engine.environment.get("file"));
        assertTrue(bench.typing.children.getFirst().startsWith("[docker, start, --attach, " + name + "] "));
    }

    private void connectedOnTheLaptop() {
        bench.typing.meanwhile = () -> {};
        bench.typing.connections = List.of();
        bench.typing.userRuns = true;
        bench.typing.daemon.connected = true;
        bench.typing.daemon.next = Samples.engagement(EngagementKind.INGEST, "echo/app", SERVED);
    }

    /** What is left of a handler beside the laptop's daemon when its command is killed. */
    private void left(String process) throws Exception {
        String owner = "io.telepresence.owner=1000";
        String beside = "io.telepresence.connection=-";
        String echo = "io.telepresence.engagement=5e55:echo";
        bench.engine.container("h", "running", owner, beside, echo, "io.telepresence.role=handler");
        bench.engine.container(
                "h-tools",
                "created",
                owner,
                beside,
                "io.telepresence.role=tools",
                "io.telepresence.starter=" + process);
        bench.engine.container("h-volumes", "running", owner, beside, "io.telepresence.role=volumes");
        Files.createDirectories(home.resolve("docker/beside"));
        Files.createFile(home.resolve("docker/beside/" + process + "-1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"leave echo", "quit", "quit -s"})
    void whatAKilledCommandLeftBesideTheLaptopsDaemonGoes(String line) throws Exception {
        connectedOnTheLaptop();
        bench.typing.daemon.engagements.add(Samples.engagement(EngagementKind.REPLACE, "echo", SERVED));
        left("999999999");
        assertEquals(0, bench.typing.type(line), bench.typing::err);
        assertEquals(List.of(), handlers());
        assertFalse(bench.connections.notes().any());
        bench.engine.commands.clear();
        bench.typing.type("quit");
        assertEquals(List.of(), bench.engine.commands, "there may be no engine");
    }

    @Test
    void anotherEngagementsHandlerStays() throws Exception {
        connectedOnTheLaptop();
        bench.typing.daemon.engagements.add(Samples.engagement(EngagementKind.REPLACE, "other", SERVED));
        left(Long.toString(ProcessHandle.current().pid()));
        assertEquals(0, bench.typing.type("leave other"), bench.typing::err);
        assertEquals(3, handlers().size());
        assertTrue(bench.connections.notes().any());
    }

    @Test
    void anEngagementIsMoreThanItsName() throws Exception {
        connectedOnTheLaptop();
        ClientEngagement other = Samples.engagement(EngagementKind.REPLACE, "echo", SERVED);
        bench.typing.daemon.engagements.add(new ClientEngagement(
                new ClientEngagement.Identity("5e55:echo/other", "echo", EngagementKind.REPLACE, "ann@laptop"),
                other.state(),
                other.target(),
                other.ports(),
                other.requests(),
                other.pod(),
                other.copies()));
        left(Long.toString(ProcessHandle.current().pid()));
        assertEquals(0, bench.typing.type("leave echo --container other"), bench.typing::err);
        assertEquals(3, handlers().size());
    }

    @Test
    void whatTheEngineDidNotRemoveIsStillNoted() throws Exception {
        connectedOnTheLaptop();
        bench.typing.meanwhile = () -> bench.engine.failures.put(
                "rm", "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?");
        bench.typing.type("ingest echo --docker-run -- img x");
        assertTrue(bench.connections.notes().any());
    }

    @Test
    void aStoppedEngineIsOnlyAWarningToQuit() throws Exception {
        connectedOnTheLaptop();
        left("999999999");
        bench.engine.failures.put(
                "ps", "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?");
        assertEquals(0, bench.typing.type("quit"));
        assertTrue(bench.typing.err().startsWith("Warning: "), bench.typing.err());
        assertTrue(bench.connections.notes().any(), "asked again next time");
    }

    @Test
    void besideTheLaptopsDaemonThereIsANoteWhileItRuns() {
        connectedOnTheLaptop();
        boolean[] noted = new boolean[1];
        bench.typing.meanwhile = () -> noted[0] = bench.connections.notes().any();
        assertEquals(0, bench.typing.type("ingest echo --docker-run -- img x"), bench.typing::err);
        assertTrue(noted[0]);
        assertFalse(bench.connections.notes().any());
        String tools = bench.engine.ran("create --name=");
        assertTrue(tools.contains(" --label=io.telepresence.connection=- --label=io.telepresence.starter="), tools);
    }

    /** On the daemon's own loopback nobody answers a handler; beside a daemon on the laptop nobody does anywhere. */
    @Test
    void theRestApiIsWhereItAnswersTheHandler() {
        Map<String, String> api = Map.of("TELEPRESENCE_API_HOST", "127.0.0.1", "TELEPRESENCE_API_PORT", "9980");
        daemon().next = Samples.with(api, Samples.engagement(EngagementKind.INGEST, "echo/app", SERVED));
        engaged("ingest echo --docker-run -- img x");
        String given = bench.engine.environment.get("file");
        assertTrue(given.contains("TELEPRESENCE_API_HOST=172.29.255.2\nTELEPRESENCE_API_PORT=9980\n"), given);
        connectedOnTheLaptop();
        bench.typing.daemon.next = daemon().next;
        assertEquals(0, bench.typing.type("ingest echo --docker-run -- img x"), bench.typing::err);
        assertFalse(bench.engine.environment.get("file").contains("TELEPRESENCE_API"));
    }

    @Test
    void anEnvironmentFileSaysWhereTheHandlerHasItsVolumes() throws Exception {
        daemon().next = Samples.engagement(EngagementKind.INGEST, "echo/app", SERVED);
        Path file = home.resolve("echo.env");
        engaged("ingest echo --env-file " + file + " --docker-mount /m --docker-run -- img x");
        assertEquals("GREETING=hello\nTELEPRESENCE_ROOT=/m\n", Files.readString(file));
    }

    @Test
    void withoutMountsThereAreNone() {
        daemon().next = Samples.engagement(EngagementKind.INGEST, "echo/app", SERVED);
        EngageRequest request = engaged("ingest echo --mount=false --docker-run -- img");
        assertFalse(bench.engine.ran("create").contains("hold"));
        String given = bench.engine.environment.get("file");
        assertTrue(given.endsWith("TELEPRESENCE_ROOT=\n"), given);
        assertEquals(MountRequest.Mode.NONE, request.getMount().getMode());
    }

    @Test
    void theExitCodeIsTheContainers() {
        bench.typing.childExit = 9;
        assertEquals(9, bench.typing.type("intercept echo --docker-run -- img"));
        assertEquals(List.of(), daemon().engagements);
    }

    @Test
    void whoeverEndsTheEngagementEndsTheContainer() {
        daemon().endedBySomebody = true;
        bench.typing.type("intercept echo --docker-run -- img");
        assertTrue(bench.typing.stopped);
        assertTrue(bench.typing.err().contains("The engagement \"echo\" was ended"), bench.typing.err());
        assertEquals(List.of(), handlers());
    }

    @ParameterizedTest
    @CsvSource({"run", "exec", "create"})
    void aContainerThatCannotBeMadeEndsTheEngagement(String step) {
        bench.engine.failures.put(step, "no space left on device");
        assertEquals(1, bench.typing.type("intercept echo --docker-run -- img"));
        assertTrue(bench.typing.err().contains("no space left on device"), bench.typing.err());
        assertEquals(1, bench.typing.err().lines().count());
        assertEquals(List.of(), daemon().engagements);
        assertEquals(List.of(), handlers());
        assertEquals(List.of(), bench.typing.children);
    }

    @Test
    void anEngagementThatIsRefusedLeavesNoContainer() {
        daemon().engageFault = Fault.user("no such workload", "");
        assertEquals(1, bench.typing.type("intercept echo --docker-run -- img"));
        assertEquals("telepresence intercept: error: no such workload\n", bench.typing.err());
        assertEquals(List.of(), handlers());
    }

    @Test
    void aBuildComesFirstAndAFailingOneEngagesNothing() {
        bench.typing.childExit = 17;
        assertEquals(
                1, bench.typing.type("replace echo --docker-build ./ctx --docker-build-opt tag=x -- -p 80:80 IMAGE"));
        String build = bench.typing.children.getFirst();
        assertTrue(build.matches("\\[docker, build, --force-rm, --iidfile=\\S+, --tag=x, \\./ctx] .*"), build);
        assertEquals(
                "telepresence replace: error: docker build of ./ctx failed with exit code 17. What it printed says why;"
                        + " nothing was engaged\n",
                bench.typing.err());
        assertEquals(List.of(), daemon().engagements);
        assertEquals(List.of(), handlers());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    replace echo --docker-build . -- -e A=1 IMAGE x | --env=A=1 sha256:abc x
                    replace echo --docker-build .                   | sha256:abc
                    replace echo --docker-debug . -- IMAGE dbg      | --security-opt=apparmor=unconfined --cap-add=SYS_PTRACE sha256:abc dbg
                    """)
    void whatWasBuiltStandsForIMAGE(String line, String want) {
        bench.engine.images.add("sha256:abc");
        bench.typing.builds = "sha256:abc";
        engaged(line);
        assertTrue(bench.engine.ran("create").endsWith(" " + want), bench.engine.ran("create"));
    }

    @Test
    void aDaemonInAContainerMountsNothingHere() {
        assertEquals(1, bench.typing.type("intercept echo --mount /tmp/x"));
        assertTrue(
                bench.typing.err().contains("the daemon is in a container, so volumes cannot be mounted"),
                bench.typing.err());
        MountRequest mount = ((EngageRequest) typed("intercept echo")).getMount();
        assertEquals(MountRequest.Mode.NONE, mount.getMode());
    }

    private Object typed(String line) {
        assertEquals(0, bench.typing.type(line), bench.typing::err);
        return daemon().asked;
    }

    /** The daemon is on this machine: ports are published, and of a pair of numbers the second is the container's. */
    @Test
    void besideADaemonOfThisMachine() {
        bench.typing.meanwhile = () -> {};
        bench.typing.connections = List.of();
        bench.typing.userRuns = true;
        bench.typing.daemon.connected = true;
        bench.typing.daemon.next = Samples.engagement(
                EngagementKind.INTERCEPT,
                "echo",
                new ClientEngagement.Mount("", "", "", "", 4444, List.of("/data")),
                HTTP);
        assertEquals(0, bench.typing.type("intercept echo -p 8080:80 --docker-run -- img x"), bench.typing::err);
        assertTrue(bench.typing.out().contains("Destination   : 127.0.0.1:8080\n"), bench.typing.out());
        assertFalse(bench.typing.out().contains("Volume Mount"), bench.typing.out());
        String made = bench.engine.ran("create --rm");
        assertTrue(made.contains(" --publish=127.0.0.1:8080:80/tcp "), made);
        assertTrue(made.contains(" --volumes-from=intercept-echo-8080-tools:ro "), made);
        assertEquals(List.of(), handlers());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rootless", "userns"})
    void besideADaemonOfThisMachineSomeEnginesHaveNoVolumes(String kind) {
        bench.typing.connections = List.of();
        bench.typing.userRuns = true;
        bench.typing.daemon.connected = true;
        bench.engine.info = "Debian|[name=" + kind + "]";
        assertEquals(1, bench.typing.type("intercept echo -p 8080:80 --docker-run -- img x"));
        assertEquals(
                "telepresence intercept: error: containers of this engine cannot reach this machine's loopback, where the"
                        + " daemon serves the volumes. Add --mount=false, or connect with --docker\n",
                bench.typing.err());
        assertEquals(List.of(), bench.typing.daemon.engagements);
        bench.typing.daemon.next = Samples.engagement(
                EngagementKind.INTERCEPT, "echo", new ClientEngagement.Mount("", "", "", "", 0, List.of()), HTTP);
        assertEquals(
                0,
                bench.typing.type("intercept echo -p 8080:80 --mount=false --docker-run -- img x"),
                bench.typing::err);
    }
}

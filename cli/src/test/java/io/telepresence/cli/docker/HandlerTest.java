package io.telepresence.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.fault.FaultException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The containers of one handler: what each may do, what it is told, and what is left of it. */
final class HandlerTest {
    private static final long UID = 1000;
    private static final ContainerDaemon CONNECTION = new ContainerDaemon(
            "dev",
            Path.of("/nowhere"),
            "tp-dev",
            "client:1",
            new ContainerDaemon.Network("tp-dev", "172.29.255.2", ""),
            List.of(),
            ContainerDaemon.Endpoint.SOCKET);
    private static final Handler.Volumes DATA = new Handler.Volumes(List.of("/data", "/etc/tls"), "/", 4444, false);
    private static final Handler.Dress BARE =
            new Handler.Dress("7e57:echo", Map.of(), Handler.Volumes.NONE, List.of(), List.of());

    private final FakeEngine engine = new FakeEngine();

    private Handler handler(String line) throws FaultException {
        return new Handler(
                new Docker(engine),
                new Handler.Home(Optional.of(CONNECTION), "client:1", UID),
                RunArguments.parse(List.of(line.split(" "))),
                "h",
                () -> {});
    }

    private Handler onTheHost(String line) throws FaultException {
        return new Handler(
                new Docker(engine),
                new Handler.Home(Optional.empty(), "client:1", UID),
                RunArguments.parse(List.of(line.split(" "))),
                "h",
                () -> {});
    }

    private static Handler.Dress with(Map<String, String> environment, Handler.Volumes volumes) {
        return new Handler.Dress("7e57:echo", environment, volumes, List.of(), List.of());
    }

    @Test
    void theSandboxHoldsTheNetworkAndMayChangeNothingElse() throws Exception {
        Handler handler = handler("-p 80:80 --hostname web --env A=1 img");
        assertEquals("172.29.255.3", handler.open());
        assertEquals(
                "run --detach --rm --name=h-sandbox --label=io.telepresence.connection=dev"
                        + " --label=io.telepresence.role=sandbox --label=io.telepresence.owner=1000"
                        + " --label=io.telepresence.starter="
                        + ProcessHandle.current().pid()
                        + " --network=tp-dev --network-alias=h --dns=172.29.255.2"
                        + " --cap-drop=ALL --cap-add=NET_ADMIN --security-opt=no-new-privileges --read-only"
                        + " --volume=/.telepresence --sysctl=net.ipv4.conf.all.route_localnet=1"
                        + " --publish=80:80 --hostname=web"
                        + " --entrypoint=/opt/telepresence/container/sandbox client:1 172.29.255.2 -",
                engine.ran("run"));
    }

    @Test
    void allPortsOfTheImageArePublishedIfAsked() throws Exception {
        engine.exposed = configured("80/tcp,53/udp");
        handler("-p 1:1 img").open();
        assertFalse(engine.ran("run").contains("--expose"));
        engine.commands.clear();
        engine.run(List.of("docker", "rm", "h-sandbox"), null);
        handler("-P --expose 9 img").open();
        assertTrue(
                engine.ran("run")
                        .contains(" --publish-all=true --expose=9 --expose=80/tcp --expose=53/udp --entrypoint"),
                engine.ran("run"));
    }

    @Test
    void networksAreJoinedAsTheyWereAskedFor() throws Exception {
        handler("--network name=db,alias=web --network cache img").open();
        assertEquals(
                List.of("network connect --alias=web db h-sandbox", "network connect cache h-sandbox"),
                engine.commands.stream().filter(c -> c.startsWith("network")).toList());
        Handler beside = onTheHost("--network name=db,alias=web --ip 10.5.0.9 img");
        beside.open();
        beside.create(BARE, List.of(), HandlerTest::unexpected);
        assertTrue(engine.ran("create").contains(" --network=name=db,alias=web --ip=10.5.0.9 "), engine.ran("create"));
    }

    private static void unexpected(String warning) {
        throw new AssertionError(warning);
    }

    @Test
    void aNameThatTheClusterHasToo() throws Exception {
        engine.known.add("echo");
        List<String> warnings = new ArrayList<>();
        for (String name : List.of("echo", "mine")) {
            Handler handler = handler("--name " + name + " img");
            handler.open();
            handler.create(BARE, List.of(), warnings::add);
        }
        assertEquals(
                List.of("Warning: the container's name echo hides what the cluster has of that name"
                        + " from the containers of this connection"),
                warnings);
    }

    @Test
    void itsNetworkIsSetUpBeforeTheHandlerIsMade() throws Exception {
        Handler handler = handler("--network db img");
        handler.open();
        handler.create(
                new Handler.Dress(
                        "7e57:echo",
                        Map.of(),
                        Handler.Volumes.NONE,
                        List.of(new Handler.Port(8080, 8080, "tcp")),
                        List.of(new Handler.Port(9000, 9000, "udp"))),
                List.of("10.96.0.0/16", "10.244.0.0/24"),
                HandlerTest::unexpected);
        assertEquals(
                "exec h-sandbox /opt/telepresence/container/plumb 172.29.255.2 - route=10.96.0.0/16"
                        + " route=10.244.0.0/24 in=tcp/8080 pod=udp/9000",
                engine.ran("exec"));
        List<String> order = engine.commands.stream()
                .map(c -> c.substring(0, c.indexOf(' ')))
                .toList();
        assertEquals(List.of("run", "network", "inspect", "exec", "create"), order);
        assertEquals("network connect db h-sandbox", engine.ran("network"));
    }

    @Test
    void theHandlerHasNoRightsButThoseThatItsUserGives() throws Exception {
        Handler handler = handler("-it --cap-add SYS_PTRACE img serve --now");
        handler.open();
        handler.create(BARE, List.of(), HandlerTest::unexpected);
        String made = engine.ran("create");
        assertEquals(
                "create --rm --name=h --label=io.telepresence.role=handler --label=io.telepresence.owner=1000"
                        + " --label=io.telepresence.connection=dev --label=io.telepresence.engagement=7e57:echo --interactive --tty --network=container:h-sandbox"
                        + " --env-file=" + engine.environment.get("path") + " --cap-add=SYS_PTRACE img serve --now",
                made);
        assertEquals(List.of("docker", "start", "--attach", "--interactive", "h"), handler.start());
        assertEquals(List.of("container h-sandbox running", "container h created"), engine.state());
        handler.close();
        assertEquals(List.of(), engine.state());
    }

    @Test
    void whatIsSecretIsNoArgument() throws Exception {
        engine.command = configured("serve");
        Handler handler = handler("-e MINE=2 img");
        String large = "x".repeat(70_000);
        handler.open();
        handler.create(
                with(
                        Map.of("KEY", "-----BEGIN\nhunter2\n", "PASSWORD", "hunter2", "LARGE", large, "MINE", "1"),
                        Handler.Volumes.NONE),
                List.of(),
                HandlerTest::unexpected);
        assertFalse(String.join("\n", engine.commands).contains("hunter2"));
        assertFalse(String.join("\n", engine.commands).contains("xxxx"));
        assertEquals("rw-------", engine.environment.get("mode"));
        assertTrue(engine.environment.get("file").contains("PASSWORD=hunter2\n"));
        assertTrue(engine.environment.get("file").lines().allMatch(l -> l.length() < 65_000), "docker takes no more");
        String made = engine.ran("create");
        assertTrue(made.contains(" --env=MINE=2 "), "the user's come last");
        assertTrue(made.endsWith(" --entrypoint=/.telepresence/hold img environment serve"), made);
        assertFalse(Files.exists(Path.of(engine.environment.get("path"))));
    }

    @Test
    void theEnvironmentFileGoesAlsoWhenNothingIsMade() throws Exception {
        engine.failures.put("create", "no space left on device");
        Handler handler = handler("img");
        handler.open();
        FaultException e = assertThrows(
                FaultException.class,
                () -> handler.create(with(Map.of("A", "1"), Handler.Volumes.NONE), List.of(), HandlerTest::unexpected));
        assertEquals(
                "cannot create the container h: no space left on device",
                e.fault().text());
        assertFalse(Files.exists(Path.of(engine.environment.get("path"))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            emptyValue = "",
            textBlock =
                    """
                    img                        | /entry,-v | serve,a b | /entry,-v,serve,a b
                    img other                  | /entry    | serve     | /entry,other
                    img                        |           | serve     | serve
                    --entrypoint /mine img     | /entry    | serve     | /mine
                    --entrypoint /mine img x y | /entry    | serve     | /mine,x,y
                    --entrypoint= img x        | /entry    | serve     | x
                    """)
    void withVolumesTheHandlerWaitsForThemAndThenRunsWhatTheImageWould(
            String line, String entrypoint, String command, String want) throws Exception {
        engine.entrypoint = configured(entrypoint);
        engine.command = configured(command);
        Handler handler = handler(line);
        handler.open();
        handler.create(with(Map.of(), DATA), List.of(), HandlerTest::unexpected);
        String made = engine.ran("create");
        assertTrue(made.endsWith(" --entrypoint=/.telepresence/hold img volumes " + want.replace(',', ' ')), made);
        assertTrue(made.contains(" --volumes-from=h-sandbox:ro "), made);
    }

    private static String configured(String words) {
        return words == null ? "" : words.replace(',', '\u001f') + "\u001f\n";
    }

    @Test
    void anImageWithoutACommandSaysSo() throws Exception {
        Handler handler = handler("img");
        handler.open();
        FaultException e = assertThrows(
                FaultException.class, () -> handler.create(with(Map.of(), DATA), List.of(), HandlerTest::unexpected));
        assertEquals(
                "the image img has no command, and none was given. Name one after the image",
                e.fault().toString());
    }

    @Test
    void whatTheUserMountsIsNotThePodsAnyMore() throws Exception {
        engine.command = configured("serve");
        Handler handler = handler("-v /here:/data -v x:/etc/tls img");
        handler.open();
        handler.create(with(Map.of(), DATA), List.of(), HandlerTest::unexpected);
        assertFalse(engine.ran("create").contains("hold"));

        Handler below = handler("--name h2 -v /here:/data img");
        below.open();
        below.create(
                with(Map.of(), new Handler.Volumes(List.of("/data"), "/mnt", 4444, true)),
                List.of(),
                HandlerTest::unexpected);
        assertTrue(engine.ran("create --rm --name=h2").contains("hold"), "/mnt/data is another place");
    }

    @Test
    void theContainerThatMountsHasTheRightsForThat() {
        List<String> words = new VolumesContainer(
                        new Docker(engine),
                        new Handler.Home(Optional.of(CONNECTION), "client:1", UID),
                        "h",
                        DATA,
                        List.of("/data"))
                .command();
        assertEquals(
                "docker run --rm --name=h-volumes --label=io.telepresence.role=volumes"
                        + " --label=io.telepresence.owner=1000 --label=io.telepresence.connection=dev"
                        + " --pid=container:h --network=container:h-sandbox --volumes-from=h-sandbox:ro"
                        + " --cap-drop=ALL --cap-add=SYS_ADMIN --cap-add=SYS_PTRACE --cap-add=SYS_CHROOT"
                        + " --cap-add=DAC_OVERRIDE --device=/dev/fuse --security-opt=apparmor=unconfined"
                        + " --security-opt=label=disable --read-only --entrypoint=/opt/telepresence/container/volumes"
                        + " client:1 172.29.255.2 4444 rw / /data",
                String.join(" ", words));
    }

    @Test
    void besideADaemonOnThisMachinePortsArePublished() throws Exception {
        engine.command = configured("serve");
        Handler handler = onTheHost("-p 90:90 --network db img");
        assertEquals("127.0.0.1", handler.open());
        handler.create(
                new Handler.Dress("7e57:echo", Map.of(), DATA, List.of(new Handler.Port(8080, 80, "tcp")), List.of()),
                List.of(),
                HandlerTest::unexpected);
        assertEquals(
                "create --name=h-tools --label=io.telepresence.role=tools --label=io.telepresence.owner=1000"
                        + " --label=io.telepresence.connection=- --label=io.telepresence.starter="
                        + ProcessHandle.current().pid() + " --volume=/.telepresence --network=none client:1",
                engine.ran("create --name=h-tools"));
        String made = engine.ran("create --rm");
        assertTrue(
                made.contains(" --publish=90:90 --network=db --dns-search=tel2-search --publish=127.0.0.1:8080:80/tcp"
                        + " --volumes-from=h-tools:ro "),
                made);
        handler.close();
        assertEquals(List.of(), engine.state());
    }

    @ParameterizedTest
    @CsvSource({
        "run, no space left on device",
        "network connect, Error response from daemon: network db not found",
        "exec, Operation not permitted",
        "create, no space left on device"
    })
    void whateverFailsNothingIsLeft(String step, String why) throws Exception {
        engine.failures.put(step, why);
        engine.container("other", "running");
        Handler handler = handler("--network db img");
        assertThrows(FaultException.class, () -> {
            handler.open();
            handler.create(BARE, List.of(), HandlerTest::unexpected);
        });
        handler.close();
        assertEquals(List.of("container other running"), engine.state());
    }

    @Test
    void aContainerOfSomebodyElseWithItsNameIsLeftAlone() throws Exception {
        engine.container("mine", "running");
        Handler handler = handler("--name mine img");
        handler.open();
        FaultException e =
                assertThrows(FaultException.class, () -> handler.create(BARE, List.of(), HandlerTest::unexpected));
        assertEquals(
                "cannot create the container mine: a container of that name already exists. Give another --name, or"
                        + " remove that container",
                e.fault().toString());
        handler.close();
        assertEquals(List.of("container mine running"), engine.state());
    }

    @Test
    void anothersSandboxIsLeftAloneToo() throws Exception {
        engine.container("h-sandbox", "running");
        Handler handler = handler("img");
        assertThrows(FaultException.class, handler::open);
        handler.close();
        assertEquals(List.of("container h-sandbox running"), engine.state());
        assertFalse(engine.commands.stream().anyMatch(c -> c.startsWith("rm")));
    }

    @Test
    void howItIsStartedAndEnded() throws Exception {
        assertEquals(List.of("docker", "start", "--attach", "h"), handler("img").start());
        assertEquals(List.of("docker", "start", "n"), handler("-d --name n img").start());
        assertEquals(
                List.of("docker", "start", "--attach", "--detach-keys=ctrl-x", "h"),
                handler("--detach-keys=ctrl-x img").start());
        handler("img").stop();
        assertEquals(List.of("stop --time=2 h"), engine.commands);
    }

    @Test
    void withoutAHandlerThatRunsNothingIsMounted() throws Exception {
        engine.command = configured("serve");
        Handler handler = handler("img");
        handler.open();
        handler.create(with(Map.of(), DATA), List.of(), HandlerTest::unexpected);
        engine.run(List.of("docker", "rm", "h"), null);
        List<String> troubles = new ArrayList<>();
        handler.mount(troubles::add);
        for (Thread each : Thread.getAllStackTraces().keySet()) {
            if (each.getName().equals("volumes-h")) {
                each.join(10_000);
            }
        }
        assertEquals(List.of(), troubles);
    }
}

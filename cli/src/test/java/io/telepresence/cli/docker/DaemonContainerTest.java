package io.telepresence.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.registry.ContainerDaemons;
import io.telepresence.cli.registry.KubeAuthProcess;
import io.telepresence.fault.FaultException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The container of a connection's daemon: what it is started with, and what is left if that fails. */
@Timeout(60)
final class DaemonContainerTest {
    @TempDir
    private Path home;

    private final FakeEngine engine = new FakeEngine();
    private ContainerDaemons connections;
    private DockerMode mode;
    private boolean ipv6;

    @BeforeEach
    void open() {
        connections = new ContainerDaemons(home);
        mode = on(new Docker(engine));
    }

    private DockerMode on(Docker docker) {
        return new DockerMode(
                docker,
                connections,
                new DockerMode.DockerEnvironment(
                        Path.of("/bin/telepresence"),
                        "client:1",
                        home.resolve("logs"),
                        Map.of("USER", "ann"),
                        1000,
                        1001,
                        "laptop"));
    }

    @AfterEach
    void close() throws Exception {
        engine.close();
    }

    private ContainerDaemon start(String name, String... exposed) throws FaultException {
        return startFor(name, "https://192.0.2.1:6443", exposed);
    }

    private ContainerDaemon startFor(String name, String server, String... exposed) throws FaultException {
        var cluster = new KubeAuthProcess.Cluster("dev", "default", server, "", "host.docker.internal", ipv6);
        return mode.engine().start(new DockerMode.Start(name, "", List.of(exposed), cluster), List.of());
    }

    @Test
    void itHasTheRightsThatItNeedsAndNoOthers() throws Exception {
        ContainerDaemon made = start("dev", "8080:80");
        assertEquals(
                "run --detach --rm --name=tp-dev --network=tp-dev --ip="
                        + made.network().gateway4()
                        + " --hostname=laptop --label=io.telepresence.connection=dev --label=io.telepresence.role=daemon"
                        + " --label=io.telepresence.owner=1000 --cap-drop=ALL --cap-add=NET_ADMIN --cap-add=SETUID"
                        + " --cap-add=SETGID --cap-add=SETPCAP --security-opt=no-new-privileges --device=/dev/net/tun"
                        + " --read-only --tmpfs=/run/telepresence:uid=1000,gid=1001,mode=0755"
                        + " --tmpfs=/tmp:exec,mode=1777 --sysctl=net.ipv4.ip_forward=1"
                        + " --sysctl=net.ipv6.conf.all.disable_ipv6=0 --sysctl=net.ipv6.conf.all.forwarding=1"
                        + " --volume=" + home.resolve("logs/tp-dev") + ":/var/log/telepresence"
                        + " --env=XDG_RUNTIME_DIR=/run/user --env=HOME=/tmp --env=USER=ann"
                        + " --add-host=host.docker.internal:host-gateway --publish=8080:80"
                        + " --volume=" + connections.directory("dev") + ":/run/user/telepresence"
                        + " --entrypoint=/opt/telepresence/container/daemon client:1 1000 1001",
                engine.ran("run"));
        assertEquals(Optional.of(made), connections.find("dev"));
        assertEquals(List.of(made), connections.live());
    }

    @Test
    void aRootlessEnginesRootIsTheUser() throws Exception {
        engine.info = "Debian|[name=rootless]";
        start("dev");
        assertTrue(engine.ran("run").endsWith(" client:1 0 0"), engine.ran("run"));
        assertTrue(engine.ran("run").contains(" --tmpfs=/run/telepresence:uid=0,gid=0,"), engine.ran("run"));
        String here = HostRoutes.ownAddress().orElse("host-gateway");
        assertTrue(engine.ran("run").contains(" --add-host=host.docker.internal:" + here + " "), engine.ran("run"));
    }

    @Test
    void everyConnectionHasANetworkOfItsOwn() throws Exception {
        ipv6 = true;
        ContainerDaemon one = start("one");
        ContainerDaemon two = start("two");
        assertEquals(List.of(one, two), connections.live());
        assertFalse(FreeSubnet.overlap(
                one.network().gateway4() + "/24", two.network().gateway4()));
        assertEquals("fd74:656c:d0c:1::2", one.network().gateway6());
        assertEquals("fd74:656c:d0c:2::2", two.network().gateway6());
        assertTrue(engine.ran("run --detach --rm --name=tp-two").contains(" --ip6=fd74:656c:d0c:2::2 "));
    }

    @Test
    void anEngineWithoutIpv6GetsNone() throws Exception {
        ipv6 = true;
        engine.failures.put(
                "network create --label=io.telepresence.connection=dev --label=io.telepresence.owner=1000"
                        + " --subnet=172.29.255.0/24 --ipv6",
                "could not enable IPv6");
        assertEquals("", start("dev").network().gateway6());
    }

    @Test
    void anApiServerInAContainerIsReachedOnItsNetwork() throws Exception {
        engine.network("kind", "172.18.0.0/16");
        startFor("dev", "https://172.18.0.2:6443");
        assertEquals("network connect kind tp-dev", engine.ran("network connect"));
        assertEquals(
                "host.docker.internal:6443",
                mode.dial(new KubeAuthProcess.Cluster(
                        "", "", "https://127.0.0.1:6443", "", "host.docker.internal", false)));
    }

    @Test
    void aNetworkThatCannotBeJoinedLeavesNothing() {
        engine.network("kind", "172.18.0.0/16");
        engine.failures.put("network connect", "Error response from daemon: network kind not found");
        FaultException e = assertThrows(FaultException.class, () -> startFor("dev", "https://172.18.0.2:6443"));
        assertEquals(
                "cannot join the network kind: network kind not found",
                e.fault().text());
        assertEquals(List.of("network kind 172.18.0.0/16"), engine.state());
    }

    @Test
    void whereSocketsCannotBeSharedThereIsAPortWithASecret() throws Exception {
        engine.info = "Docker Desktop|[]";
        engine.secret = "s3cret";
        try (ServerSocket daemon = new ServerSocket(0, 5, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            engine.port = daemon.getLocalPort();
            ContainerDaemon made = start("dev");
            assertEquals(new ContainerDaemon.Endpoint(engine.port, "s3cret"), made.endpoint());
            assertEquals(Optional.of(made), connections.find("dev"));
        }
        String run = engine.ran("run");
        assertTrue(run.endsWith("client:1 1000 1001 --listen 4038 --secret-file /run/telepresence/secret"), run);
        assertTrue(run.contains(" --publish=127.0.0.1::4038 "), run);
        assertFalse(run.contains(":/run/user/telepresence"), run);
        assertFalse(String.join("\n", engine.commands).contains("s3cret"));
    }

    @Test
    void whereAllUsersAreStrangersTheirRootMayWriteTheLogsAndNoSocketIsShared() throws Exception {
        engine.info = "Debian|[name=userns]";
        engine.secret = "s3cret";
        try (ServerSocket daemon = new ServerSocket(0, 5, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            engine.port = daemon.getLocalPort();
            assertEquals("s3cret", start("dev").endpoint().secret());
        }
        String run = engine.ran("run");
        assertTrue(run.endsWith("client:1 0 0 --listen 4038 --secret-file /run/telepresence/secret"), run);
        assertTrue(
                Files.getPosixFilePermissions(home.resolve("logs/tp-dev")).contains(PosixFilePermission.OTHERS_WRITE));
    }

    @Test
    void whatAKilledDaemonLeftIsRemovedFirst() throws Exception {
        engine.container("old", "exited", "io.telepresence.connection=dev", "io.telepresence.owner=1000");
        engine.network("tp-dev", "172.29.255.0/24", "io.telepresence.connection=dev", "io.telepresence.owner=1000");
        engine.container("other", "running", "io.telepresence.connection=dev", "io.telepresence.owner=7");
        ContainerDaemon made = start("dev");
        assertEquals("172.29.255.2", made.network().gateway4());
        assertEquals(
                List.of("container other running", "container tp-dev running", "network tp-dev 172.29.255.0/24"),
                engine.state());
    }

    /** Whoever kills the command there leaves a network: {@code quit -s} looks for it only if something is on record. */
    @Test
    void itIsOnRecordBeforeTheEngineHasAnything() throws Exception {
        List<String> recorded = new ArrayList<>();
        engine.before = line -> {
            if (line.startsWith("network create") || line.startsWith("run")) {
                try {
                    connections.all().forEach(c -> recorded.add(line.substring(0, 3) + " " + c.name()));
                    assertEquals(List.of(), connections.live());
                } catch (FaultException e) {
                    throw new AssertionError(e);
                }
            }
        };
        start("dev");
        assertEquals(List.of("net dev", "run dev"), recorded);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    image inspect  | Error: No such image: client:1 | the image client:1 is not in this engine and cannot be pulled: there is no such image
                    network create | could not find an available subnet | cannot make the Docker network tp-dev: could not find an available subnet
                    run            | docker: Bind for 0.0.0.0:80 failed: port is already allocated | cannot start the container tp-dev: the port 0.0.0.0:80 is taken already
                    info           | Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running? | the Docker engine does not answer
                    """)
    void whateverFailsNothingIsLeft(String step, String why, String want) throws Exception {
        engine.failures.put(step, why);
        FaultException e = assertThrows(FaultException.class, () -> start("dev"));
        assertTrue(e.fault().text().startsWith(want), e.fault().text());
        assertEquals(List.of(), engine.state());
        assertEquals(List.of(), connections.all());
    }

    @Test
    void aDaemonThatEndsAtOnceTellsItsLastWords() throws Exception {
        engine.daemonsListen = false;
        Path log = home.resolve("logs/tp-dev/connector-start.log");
        mode = on(new Docker((command, limit) -> {
            if (command.get(1).equals("run")) {
                Files.writeString(log, "one\ntwo\n\nthree\nno right to use the TUN\n");
            }
            return engine.run(command, limit);
        }));
        FaultException e = assertThrows(FaultException.class, () -> start("dev"));
        assertEquals(
                "the daemon in the container tp-dev ended while starting: two / three / no right to use the TUN",
                e.fault().text());
        assertEquals(List.of(), engine.state());
        assertEquals(List.of(), connections.all());
    }

    /** The engine's proxy accepts connections whether the daemon lives or not. */
    @Test
    void aDaemonThatEndsBeforeItsSecretIsThereIsNoConnection() throws Exception {
        engine.info = "Docker Desktop|[]";
        engine.daemonsListen = false;
        try (ServerSocket proxy = new ServerSocket(0, 5, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            engine.port = proxy.getLocalPort();
            FaultException e = assertThrows(FaultException.class, () -> start("dev"));
            assertTrue(
                    e.fault().text().contains("ended while starting"), e.fault().text());
        }
        assertEquals(List.of(), engine.state());
        assertEquals(List.of(), connections.all());
    }

    @Test
    void orphansGoAndNothingElse() throws Exception {
        long me = ProcessHandle.current().pid();
        String dev = "io.telepresence.connection=dev";
        String mine = "io.telepresence.owner=1000";
        String sandbox = "io.telepresence.role=sandbox";
        String handler = "io.telepresence.role=handler";
        engine.container("tp-dev", "running", dev, mine, "io.telepresence.role=daemon");
        engine.container("a", "running", dev, mine, handler);
        engine.container("a-sandbox", "running", dev, mine, sandbox, "io.telepresence.starter=999999999");
        engine.container("a-volumes", "running", dev, mine, "io.telepresence.role=volumes");
        engine.container("dead-sandbox", "running", dev, mine, sandbox, "io.telepresence.starter=999999999");
        engine.container("dead-volumes", "running", dev, mine, "io.telepresence.role=volumes");
        engine.container("dead", "exited", dev, mine, handler);
        engine.container("waits-sandbox", "running", dev, mine, sandbox, "io.telepresence.starter=" + me);
        engine.container("created", "created", dev, mine, handler);
        engine.container("created-sandbox", "running", dev, mine, sandbox);
        engine.container("curl", "running", dev, mine, "io.telepresence.role=curl");
        engine.container("x-sandbox", "running", "io.telepresence.connection=x", mine, sandbox);
        engine.container("foreign", "running");
        new ContainerCleanup(new Docker(engine), 1000).removeOrphans("dev");
        assertEquals(
                List.of(
                        "container tp-dev running",
                        "container a running",
                        "container a-sandbox running",
                        "container a-volumes running",
                        "container waits-sandbox running",
                        "container created created",
                        "container created-sandbox running",
                        "container curl running",
                        "container x-sandbox running",
                        "container foreign running"),
                engine.state());
    }

    @Test
    void removingAllTakesWhatKilledDaemonsLeftToo() throws Exception {
        mode.removeAll();
        assertEquals(List.of(), engine.commands, "there may be no engine");
        ContainerDaemon made = start("dev");
        engine.container("tp-old", "exited", "io.telepresence.connection=old", "io.telepresence.owner=1000");
        engine.network("tp-old", "10.0.0.0/24", "io.telepresence.connection=old", "io.telepresence.owner=1000");
        engine.container("tp-bob", "running", "io.telepresence.connection=bob", "io.telepresence.owner=7");
        mode.removeAll();
        assertEquals(List.of("container tp-bob running"), engine.state());
        assertFalse(Files.exists(made.directory()));
    }
}

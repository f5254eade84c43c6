package io.telepresence.path;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agent.Until;
import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.rpc.connector.ClientEngagement;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.engagement.PortRequest;
import io.telepresence.userd.connect.ClusterSession;
import io.telepresence.userd.engage.EngagementLifecycle;
import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * User daemon, root daemon, manager and agent in one process, with their own code from edge to edge.
 *
 * <p>What is not real: the TUN device and its kernel ({@link io.telepresence.rootd.tun.MemoryKernel}: the SYN of each
 * connection goes through the device as a packet, its bytes through a socket between the very addresses that the root
 * daemon wrote into it), the host's programs, the API server, and the injector, which here starts the agent instead of
 * making a pod. Names are not resolved: port 53 needs rights.
 */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WholePathTest {
    private WholePathFixture house;
    private ClusterSession session;
    private Program laptop;
    private String hostBefore;

    @BeforeAll
    void open(@TempDir Path directory) throws Exception {
        house = new WholePathFixture(directory);
        hostBefore = house.root.host();
        session = house.connect();
        laptop = Program.http("laptop", InetAddress.getByName("127.0.0.1"), 0);
    }

    @AfterEach
    void leaveAll() throws Exception {
        for (var engagement : session.engagements().all()) {
            leave(engagement.name());
        }
    }

    @AfterAll
    void close() throws Exception {
        laptop.close();
        house.close();
    }

    @Test
    void whatAProgramSendsComesOutAtThePodAndBackUnchanged() throws Exception {
        byte[] sent = new byte[1 << 20];
        new Random(7).nextBytes(sent);
        try (Program echo = Program.echo(house.pod(), 0);
                Socket socket = house.programs().connect(WholePathFixture.POD, echo.port())) {
            Thread sending = Thread.ofVirtual().start(() -> send(socket, sent));
            assertArrayEquals(
                    sent, socket.getInputStream().readAllBytes(), "the end of our direction came through too");
            sending.join();
        }
        try (Caller caller = new Caller(house.programs().connect(WholePathFixture.SERVICE, 80))) {
            assertEquals("app /x", caller.get("/x", ""));
        }
    }

    @Test
    void datagramsComeOutAtThePodAndBack() throws Exception {
        try (DatagramSocket server = new DatagramSocket(new InetSocketAddress(house.pod(), 0))) {
            server.setSoTimeout(20_000);
            Thread echo = Thread.ofVirtual().start(() -> echoOnce(server));
            byte[] question = {1, 2, 3};
            DatagramPacket packet =
                    new DatagramPacket(question, 3, InetAddress.getByName(WholePathFixture.POD), server.getLocalPort());
            assertArrayEquals(question, house.programs().ask(5000, packet));
            echo.join();
        }
    }

    @Test
    void aPortWhereNobodyListensRefusesTheProgramToo() throws Exception {
        // Bound, so that nobody else gets it, and not listening.
        try (Socket taken = new Socket()) {
            taken.bind(new InetSocketAddress(house.pod(), 0));
            assertThrows(
                    ConnectException.class, () -> house.programs().connect(WholePathFixture.POD, taken.getLocalPort()));
        }
    }

    @Test
    void anInterceptedServiceIsAnsweredByTheLaptopUntilItIsLeft() throws Exception {
        engage("all", spec());
        awaitAnswer("laptop /a", () -> ask("/a", ""));
        try (Caller round = new Caller(house.programs().connect(WholePathFixture.SERVICE, 80))) {
            assertEquals("laptop /b", round.get("/b", ""), "from the laptop into the cluster and back to it");
        }
        leave("all");
        assertEquals("app /c", ask("/c", ""));
    }

    @Test
    void onlyRequestsThatTheFilterMatchesLeaveTheCluster() throws Exception {
        HttpHeader ann =
                HttpHeader.newBuilder().setName("x-user").setValue("ann").build();
        engage("ann", spec().addHttpHeaders(ann));
        awaitAnswer("laptop /a", () -> ask("/a", "x-user: ann"));
        try (Caller kept = house.callTheService()) {
            assertEquals("app /1", kept.get("/1", ""));
            assertEquals("laptop /2", kept.get("/2", "X-User: ann"));
            assertEquals("app /3", kept.get("/3", "x-user: bob"));
            leave("ann");
            assertEquals("app /4", ask("/4", "x-user: ann"));
        }
    }

    @Test
    void everythingComesBackAfterThePortForwardsWereCut() throws Exception {
        engage("all", spec());
        awaitAnswer("laptop /a", () -> ask("/a", ""));
        String id = session.link().ref().getSessionId();
        assertTrue(house.api.cut() > 2, "control and flows of both daemons");
        awaitAnswer("laptop /b", () -> {
            try (Caller program = new Caller(house.programs().connect(WholePathFixture.SERVICE, 80))) {
                return program.get("/b", "");
            }
        });
        assertEquals("laptop /c", ask("/c", ""));
        assertEquals(id, session.link().ref().getSessionId());
        assertEquals(List.of("all"), names(session));
        leave("all");
        assertEquals("app /d", ask("/d", ""));
    }

    @Test
    void whoAsksWhileTheManagerIsOutOfReachWaitsForIt() throws Exception {
        house.breakManagerLink();
        awaitAnswer("false", () -> "" + house.connector.statusText().equals("Connected"));
        CompletableFuture<ClusterSession> asked = CompletableFuture.supplyAsync(() -> {
            try {
                return house.connect();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        assertThrows(TimeoutException.class, () -> asked.get(300, TimeUnit.MILLISECONDS));
        house.mend();
        assertSame(session, asked.get(30, TimeUnit.SECONDS));
        assertEquals("Connected", house.connector.statusText());
    }

    @Test
    void aWiretapSeesWhatTheAppAnswers() throws Exception {
        engage("tap", spec().setKind(EngagementKind.WIRETAP));
        Until.holds("a copy comes to the laptop", () -> {
            assertEquals("app /tapped", askQuietly("/tapped"));
            return laptop.answered("/tapped");
        });
    }

    @Test
    void anIngestBringsTheEnvironmentAndLeavesTheTrafficAlone() throws Exception {
        EngagementSpec ingest = EngagementSpec.newBuilder()
                .setKind(EngagementKind.INGEST)
                .setName("echo")
                .setNamespace("default")
                .setWorkload("echo")
                .build();
        ClientEngagement made = session.engaging()
                .engage(new EngagementLifecycle.Request(EngagementCodec.spec(ingest), none(), List.of()), t -> {});
        assertEquals("echo/app", made.getEngagement().getSpec().getName());
        assertEquals("blue", made.getEnvironmentMap().get("COLOR").toStringUtf8());
        assertEquals("app /a", ask("/a", ""));
    }

    @Test
    void disconnectPutsTheMachineBackAndTheServiceTo() throws Exception {
        assertTrue(house.root.device().contains("route 10.96.0.0/20 "), house.root.device());
        engage("all", spec());
        awaitAnswer("laptop /a", () -> ask("/a", ""));
        assertTrue(house.connector.disconnect());
        assertEquals(hostBefore, house.root.host());
        assertTrue(house.root.tun().isClosed());
        assertEquals("app /b", ask("/b", ""));
        Until.holds("no port-forward is left", () -> house.api.forwards() == 0);
        session = house.connect();
        assertEquals(List.of(), names(session));
        try (Caller program = new Caller(house.programs().connect(WholePathFixture.SERVICE, 80))) {
            assertEquals("app /c", program.get("/c", ""));
        }
    }

    private EngagementSpec.Builder spec() {
        return EngagementSpec.newBuilder()
                .setKind(EngagementKind.INTERCEPT)
                .setNamespace("default")
                .setWorkload("echo")
                .setTargetHost("127.0.0.1")
                .addPorts(PortRequest.newBuilder().setLocalPort(laptop.port()));
    }

    private void engage(String name, EngagementSpec.Builder spec) throws Exception {
        session.engaging()
                .engage(
                        new EngagementLifecycle.Request(
                                EngagementCodec.spec(spec.setName(name).build()), none(), List.of()),
                        t -> {});
    }

    private void leave(String name) throws Exception {
        session.engaging().leave(name, "", "default");
    }

    private String ask(String path, String header) throws Exception {
        try (Caller caller = house.callTheService()) {
            return caller.get(path, header);
        }
    }

    private String askQuietly(String path) {
        try {
            return ask(path, "");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static MountRequest none() {
        return MountRequest.newBuilder().setMode(MountRequest.Mode.NONE).build();
    }

    private static List<String> names(ClusterSession session) {
        return session.engagements().all().stream().map(Engagement::name).toList();
    }

    /** An agent hears of an engagement a moment after its owner. */
    private static void awaitAnswer(String wanted, Callable<String> question) {
        Until.holds(wanted, () -> {
            try {
                return wanted.equals(question.call());
            } catch (IOException e) {
                return false;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void send(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void echoOnce(DatagramSocket server) {
        try {
            DatagramPacket packet = new DatagramPacket(new byte[100], 100);
            server.receive(packet);
            server.send(packet);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

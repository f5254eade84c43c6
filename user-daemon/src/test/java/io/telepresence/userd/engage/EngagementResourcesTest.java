package io.telepresence.userd.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.FreePorts;
import io.telepresence.rpc.agent.AgentMount;
import io.telepresence.rpc.agent.ContainerView;
import io.telepresence.rpc.connector.ClientEngagement;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.PodPort;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.run.Threads;
import io.telepresence.userd.manager.FakeProof;
import io.telepresence.userd.manager.ManagerSession;
import io.telepresence.userd.mount.Mounts;
import io.telepresence.userd.podaccess.PodAccessBroker;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a laptop has of an engagement, and when engagements begin and end; the volumes are in MountTest. */
@Timeout(60)
class EngagementResourcesTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    @TempDir
    Path directory;

    private final ClientEngagements engagements = new ClientEngagements();
    private final FakePod pod = new FakePod();
    private final List<String> progress = new ArrayList<>();
    private FakeManager manager;
    private ManagerSession link;
    private EngagementLifecycle engaging;
    private PodAccessBroker podAccess;

    @BeforeEach
    void open() throws Exception {
        Path socket = directory.resolve("m");
        manager = new FakeManager(socket, pod::accept);
        link = ManagerSession.open(
                socket,
                ClientArrival::getDefaultInstance,
                new ManagerSession.Limits(LIMIT, LIMIT, LIMIT),
                () -> 0,
                new FakeProof());
        link.version(Optional::empty);
        link.arrive();
        podAccess = new PodAccessBroker(link.tunnel());
        Mounts mounts =
                new Mounts(podAccess, new Mounts.Settings(Map.of(), directory, directory.resolve("journal"), 1000));
        engaging = new EngagementLifecycle(
                link, engagements, new EngagementResourcesFactory(podAccess, mounts, 9980), LIMIT);
    }

    @AfterEach
    void close() throws Exception {
        engaging.close();
        link.close();
        manager.close();
    }

    @Test
    void theEnvironmentComesFromTheAgentWhichMayBeLate() throws Exception {
        pod.absent = 2;
        pod.view = ContainerView.newBuilder()
                .setContainer("app")
                .putEnvironment("COLOR", ByteString.copyFrom(new byte[] {(byte) 0xff}))
                .addMounts(AgentMount.newBuilder().setPath("/etc/config"))
                .addMounts(AgentMount.newBuilder().setPath("/data"))
                .addMounts(AgentMount.newBuilder().setPath("/tmp").setLocal(true))
                .setPodIp("10.1.2.3")
                .build();
        ClientEngagement made = engage(spec(EngagementKind.INGEST, "echo"), none());
        assertEquals("echo/app", made.getEngagement().getSpec().getName());
        assertEquals(
                ByteString.copyFrom(new byte[] {(byte) 0xff}),
                made.getEnvironmentMap().get("COLOR"));
        Map<String, String> told = new TreeMap<>();
        made.getEnvironmentMap().forEach((name, value) -> told.put(name, value.toStringUtf8()));
        assertEquals(
                Map.of(
                        "COLOR", "\ufffd",
                        "TELEPRESENCE_INTERCEPT_ID", "s1:echo/app",
                        "TELEPRESENCE_CONTAINER", "app",
                        "TELEPRESENCE_MOUNTS", "/etc/config:/data",
                        "TELEPRESENCE_ROOT", "",
                        "TELEPRESENCE_API_HOST", "127.0.0.1",
                        "TELEPRESENCE_API_PORT", "9980"),
                told);
        assertEquals(List.of("/etc/config", "/data"), made.getMount().getMountsList());
        assertTrue(made.getMount().getReadOnly());
        assertEquals("10.1.2.3", made.getMount().getPodIp());
    }

    @Test
    void withoutAnEnvironmentTheEngagementServesAndSaysSo() throws Exception {
        pod.absent = 1000;
        ClientEngagement made = engage(spec(EngagementKind.INTERCEPT, "echo"), none());
        assertEquals("ACTIVE", made.getEngagement().getDisposition());
        assertTrue(made.getLack().endsWith("cannot be read: no agent of echo is there"), made.getLack());
        assertTrue(progress.contains(made.getLack()));
    }

    @Test
    void theReasonOfAnAgentIsNotLostWhenTheLastQuestionHasNoTimeLeft() {
        pod.absent = 2;
        pod.silent = true;
        Fault told = assertThrows(FaultException.class, () -> podAccess.view(() -> "s1:echo", Duration.ofSeconds(2)))
                .fault();
        assertEquals("no agent of echo is there", told.text());
        assertEquals(3, pod.opens.size());
        Fault nothing = assertThrows(
                        FaultException.class, () -> podAccess.view(() -> "s1:echo", Duration.ofMillis(100)))
                .fault();
        assertEquals("no agent answered in time", nothing.text());
    }

    @Test
    void aPortOfThePodIsReachedThroughTheSamePortHere() throws Exception {
        int tcp = FreePorts.one();
        int udp = FreePorts.one();
        EngagementSpec spec = spec(EngagementKind.INTERCEPT, "echo").toBuilder()
                .addToPod(PodPort.newBuilder().setPort(tcp))
                .addToPod(PodPort.newBuilder().setPort(udp).setProtocol(Protocol.UDP))
                .build();
        engage(spec, none());
        assertEquals("hello", tcpEcho(tcp));
        assertEquals("hello", udpEcho(udp));
        engaging.leave("echo", "", "");
        assertThrows(IOException.class, () -> tcpEcho(tcp));
    }

    @Test
    void aPortOfThePodWhereNothingListensIsAReset() throws Exception {
        EngagementSpec spec = spec(EngagementKind.INTERCEPT, "echo").toBuilder()
                .addToPod(PodPort.newBuilder().setPort(1))
                .build();
        org.junit.jupiter.api.Assumptions.assumeTrue(mayBind(1), "port 1 may not be bound here");
        engage(spec, none());
        assertThrows(SocketException.class, () -> {
            try (Socket socket = new Socket("127.0.0.1", 1)) {
                int read = socket.getInputStream().read();
                throw new AssertionError("read " + read);
            }
        });
    }

    @Test
    void aPortThatIsTakenIsToldBeforeAnythingStarts() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            EngagementSpec spec = spec(EngagementKind.INTERCEPT, "echo").toBuilder()
                    .addToPod(PodPort.newBuilder().setPort(taken.getLocalPort()))
                    .build();
            Fault fault = assertThrows(FaultException.class, () -> engage(spec, none()))
                    .fault();
            assertTrue(
                    fault.text().startsWith("the port 127.0.0.1:" + taken.getLocalPort() + " of --to-pod"),
                    fault.text());
            assertEquals(List.of(), engagements.all());
            assertTrue(pod.opens.isEmpty());
        }
        engage(spec(EngagementKind.INTERCEPT, "echo"), none());
    }

    @Test
    void filesAreServedAtAPortToThisUser() throws Exception {
        int port = FreePorts.one();
        MountRequest request = MountRequest.newBuilder().setLocalMountPort(port).build();
        ClientEngagement made = engage(spec(EngagementKind.WIRETAP, "tap"), request);
        assertEquals(port, made.getMount().getPort());
        assertEquals("hello", tcpEcho(port));
        pod.opens.poll(10, TimeUnit.SECONDS);
        assertTrue(pod.opens.poll(10, TimeUnit.SECONDS).getReach().getFiles().getReadOnly());
    }

    @Test
    void aReplaceDeliversWhilePodsRollAndIsThereUntilTheContainerIsBack() throws Exception {
        manager.roll = new CompletableFuture<>();
        CompletableFuture<ClientEngagement> started = new CompletableFuture<>();
        Threads.virtual("engage", () -> {
            try {
                started.complete(engage(spec(EngagementKind.REPLACE, "echo"), none()));
            } catch (FaultException e) {
                started.completeExceptionally(e);
            }
        });
        awaitTrue(() -> engagements.byId("s1:echo/app").isPresent());
        assertEquals(List.of(), engagements.all());
        manager.roll.complete(null);
        assertEquals("ACTIVE", started.get(10, TimeUnit.SECONDS).getEngagement().getDisposition());
        CompletableFuture<String> ended = engagements.ended("echo", "app", "");

        manager.roll = new CompletableFuture<>();
        CompletableFuture<Void> left = new CompletableFuture<>();
        Threads.virtual("leave", () -> {
            try {
                engaging.leave("echo", "", "");
                left.complete(null);
            } catch (FaultException e) {
                left.completeExceptionally(e);
            }
        });
        awaitTrue(() -> manager.left.contains("echo/app"));
        assertEquals(EngagementState.TERMINATING, engagements.all().getFirst().state());
        assertTrue(engagements.byId("s1:echo/app").isPresent());
        assertEquals(List.of(), engagements.wished());
        assertFalse(ended.isDone());
        manager.roll.complete(null);
        left.get(10, TimeUnit.SECONDS);
        assertEquals("left", ended.get(10, TimeUnit.SECONDS));
        assertEquals(List.of(), engagements.all());
    }

    @Test
    void whatTheManagerEndsIsOverHere() throws Exception {
        ClientEngagement made = engage(spec(EngagementKind.INTERCEPT, "echo"), none());
        CompletableFuture<String> ended = engagements.ended("echo", "", "");
        engaging.heard(EngagementSnapshot.getDefaultInstance());
        assertFalse(ended.isDone(), "it was never in a snapshot: that may be older than the engagement");
        engaging.heard(EngagementSnapshot.newBuilder()
                .addEngagements(made.getEngagement())
                .build());
        engaging.heard(EngagementSnapshot.newBuilder()
                .addEngagements(made.getEngagement().toBuilder().setMessage("revoked"))
                .build());
        engaging.heard(EngagementSnapshot.getDefaultInstance());
        assertEquals("ended by the traffic-manager: revoked", ended.get(10, TimeUnit.SECONDS));
        assertEquals(List.of(), engagements.all());
    }

    @Test
    void aRevokedOneIsShownWithItsReasonAndHasNoWorkForAProgram() throws Exception {
        ClientEngagement made = engage(spec(EngagementKind.INTERCEPT, "echo"), none());
        CompletableFuture<String> ended = engagements.ended("echo", "", "");
        engaging.heard(EngagementSnapshot.newBuilder()
                .addEngagements(made.getEngagement().toBuilder()
                        .setState(io.telepresence.rpc.engagement.EngagementState.REMOVED)
                        .setMessage("revoked"))
                .build());
        assertEquals("revoked", ended.get(10, TimeUnit.SECONDS));
        assertEquals(EngagementState.REMOVED, engagements.all().getFirst().state());
    }

    private ClientEngagement engage(EngagementSpec spec, MountRequest mount) throws FaultException {
        return engaging.engage(
                new EngagementLifecycle.Request(EngagementCodec.spec(spec), mount, List.of()), progress::add);
    }

    private static MountRequest none() {
        return MountRequest.newBuilder().setMode(MountRequest.Mode.NONE).build();
    }

    private static EngagementSpec spec(EngagementKind kind, String name) {
        return EngagementSpec.newBuilder()
                .setKind(kind)
                .setName(name)
                .setNamespace("default")
                .setWorkload("echo")
                .build();
    }

    private static String tcpEcho(int port) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String udpEcho(int port) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(10_000);
            byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);
            socket.send(new DatagramPacket(hello, hello.length, InetAddress.getByName("127.0.0.1"), port));
            DatagramPacket answer = new DatagramPacket(new byte[100], 100);
            socket.receive(answer);
            return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8);
        }
    }

    private static boolean mayBind(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private static void awaitTrue(java.util.function.BooleanSupplier what) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!what.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "waited too long");
            Thread.onSpinWait();
        }
    }
}

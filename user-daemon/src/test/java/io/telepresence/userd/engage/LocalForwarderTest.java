package io.telepresence.userd.engage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.netty.buffer.Unpooled;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.rpc.engagement.EngagedPort;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.EngagementState;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.rpc.tunnel.Endpoint;
import io.telepresence.rpc.tunnel.FlowId;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.testing.Awaits;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.RecordingHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.userd.manager.FakeProof;
import io.telepresence.userd.manager.ManagerSession;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A connection of the cluster becomes one to the user's program, or the caller hears why not. */
@Timeout(60)
class LocalForwarderTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final ClientEngagements engagements = new ClientEngagements();
    /** The cluster's ends of the flows that were fetched. */
    private final BlockingQueue<Fetched> fetched = new LinkedBlockingQueue<>();

    private FakeManager manager;
    private ManagerSession link;
    private LocalForwarder forwarder;

    private record Fetched(Flow flow, String dialId, RecordingHandler handler) {
        void write(String text) {
            flow.loop().execute(() -> flow.write(Unpooled.copiedBuffer(text, UTF_8)));
        }

        void finish() {
            flow.loop().execute(flow::finish);
        }

        String all() throws Exception {
            return new String(handler.finished.get(30, TimeUnit.SECONDS), UTF_8);
        }

        ResetReason reset() throws Exception {
            return handler.reset.get(30, TimeUnit.SECONDS);
        }
    }

    @BeforeEach
    void open() throws Exception {
        manager = new FakeManager(directory.resolve("m"), this::accept);
        link = ManagerSession.open(
                directory.resolve("m"),
                ClientArrival::getDefaultInstance,
                new ManagerSession.Limits(LIMIT, LIMIT, LIMIT),
                () -> 0,
                new FakeProof());
        link.version(Optional::empty);
        link.arrive();
        forwarder = new LocalForwarder(engagements, link.tunnel());
    }

    @AfterEach
    void close() {
        link.close();
        manager.close();
    }

    private void accept(Flow flow, Open open) {
        RecordingHandler handler = new RecordingHandler(0);
        flow.handler(handler);
        flow.request(1000);
        fetched.add(new Fetched(flow, open.getFetch().getDialId(), handler));
    }

    private void engaged(String host, Protocol protocol, int port) throws Exception {
        engagements.established(
                EngagementCodec.engagement(Engagement.newBuilder()
                                .setId("s1:echo")
                                .setState(EngagementState.ACTIVE)
                                .setSpec(EngagementSpec.newBuilder()
                                        .setKind(EngagementKind.INTERCEPT)
                                        .setName("echo")
                                        .setNamespace("default")
                                        .setWorkload("echo")
                                        .setTargetHost(host))
                                .addPorts(EngagedPort.newBuilder()
                                        .setProtocol(protocol)
                                        .setContainerPort(80)
                                        .setLocalPort(port))
                                .build())
                        .orElseThrow(),
                null);
    }

    private Fetched dial(String host, Protocol protocol, int port) throws Exception {
        Endpoint end = Endpoint.newBuilder()
                .setIp(ByteString.copyFrom(new byte[] {10, 1, 2, 3}))
                .setPort(80)
                .build();
        forwarder.dial(DialRequest.newBuilder()
                .setDialId("d1")
                .setId(FlowId.newBuilder().setProtocol(protocol).setSource(end).setDestination(end))
                .setEngagementId("s1:echo")
                .setHost(host)
                .setPort(port)
                .build());
        Fetched flow = fetched.poll(30, TimeUnit.SECONDS);
        assertEquals("d1", flow.dialId());
        return flow;
    }

    @Test
    void eachDirectionEndsByItself() throws Exception {
        try (ServerSocket program = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            engaged("", Protocol.TCP, program.getLocalPort());
            Fetched flow = dial("", Protocol.TCP, program.getLocalPort());
            try (Socket socket = program.accept()) {
                flow.write("question");
                flow.finish();
                assertEquals("question", new String(socket.getInputStream().readAllBytes(), UTF_8));
                socket.getOutputStream().write("answer".getBytes(UTF_8));
            }
            assertEquals("answer", flow.all());
            flow.handler().closed.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void aProgramThatSpeaksAndLeavesAtOnceIsHeard() throws Exception {
        try (ServerSocket program = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            engaged("", Protocol.TCP, program.getLocalPort());
            for (int i = 0; i < 50; i++) {
                Thread server = Thread.startVirtualThread(() -> {
                    try (Socket socket = program.accept()) {
                        socket.getOutputStream().write("220 go away".getBytes(UTF_8));
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                Fetched flow = dial("", Protocol.TCP, program.getLocalPort());
                assertEquals("220 go away", flow.all());
                flow.finish();
                flow.handler().closed.get(30, TimeUnit.SECONDS);
                server.join();
            }
        }
    }

    @Test
    void datagramsReachAProgramToo() throws Exception {
        try (DatagramSocket program = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            program.setSoTimeout(30_000);
            engaged("", Protocol.UDP, program.getLocalPort());
            Fetched flow = dial("", Protocol.UDP, program.getLocalPort());
            flow.handler().opened.get(30, TimeUnit.SECONDS);
            flow.write("ping");
            DatagramPacket packet = new DatagramPacket(new byte[100], 100);
            program.receive(packet);
            assertEquals("ping", new String(packet.getData(), 0, packet.getLength(), UTF_8));
            byte[] pong = "pong".getBytes(UTF_8);
            program.send(new DatagramPacket(pong, pong.length, packet.getSocketAddress()));
            Awaits.that("the answer", () -> new String(flow.handler().bytes(), UTF_8).equals("pong"));
            flow.flow().reset(ResetReason.ABORTED, "enough");
        }
    }

    @Test
    void aNameThatNobodyKnowsIsUnreachable() throws Exception {
        engaged("nobody.invalid", Protocol.TCP, 8080);
        assertEquals(
                ResetReason.UNREACHABLE,
                dial("nobody.invalid", Protocol.TCP, 8080).reset());
    }

    @Test
    void whatIsOverLeadsNowhere() throws Exception {
        try (ServerSocket program = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            engaged("", Protocol.TCP, program.getLocalPort());
            engagements.clear();
            assertEquals(
                    ResetReason.DENIED,
                    dial("", Protocol.TCP, program.getLocalPort()).reset());
        }
    }
}

package io.telepresence.userd.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.ClientEngagement;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.PortRequest;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.rpc.tunnel.Endpoint;
import io.telepresence.rpc.tunnel.FlowId;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.userd.manager.FakeProof;
import io.telepresence.userd.manager.ManagerSession;
import io.telepresence.userd.manager.ManagerWatch;
import io.telepresence.userd.mount.Mounts;
import io.telepresence.userd.podaccess.PodAccessBroker;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EngageTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    @TempDir
    Path directory;

    private final ClientEngagements engagements = new ClientEngagements();
    private final AtomicLong idle = new AtomicLong();
    private EngagementLifecycle engaging;
    private final CompletableFuture<String> fetched = new CompletableFuture<>();
    private final CompletableFuture<String> answer = new CompletableFuture<>();
    private FakeManager manager;
    private ManagerSession link;

    @BeforeEach
    void open() throws Exception {
        Path socket = directory.resolve("m");
        manager = new FakeManager(socket, this::accept);
        link = ManagerSession.open(
                socket,
                () -> ClientArrival.newBuilder()
                        .addAllEngagements(
                                EngagementCodec.snapshot(engagements.wished()).getEngagementsList())
                        .build(),
                new ManagerSession.Limits(LIMIT, LIMIT, LIMIT),
                idle::get,
                new FakeProof());
        link.version(Optional::empty);
        link.arrive();
        PodAccessBroker podAccess = new PodAccessBroker(link.tunnel());
        Mounts mounts =
                new Mounts(podAccess, new Mounts.Settings(Map.of(), directory, directory.resolve("journal"), 1000));
        engaging =
                new EngagementLifecycle(link, engagements, new EngagementResourcesFactory(podAccess, mounts, 0), LIMIT);
    }

    @AfterEach
    void close() throws Exception {
        engaging.close();
        link.close();
        manager.close();
    }

    @Test
    void progressThenTheEngagement() throws Exception {
        List<String> progress = new ArrayList<>();
        ClientEngagement made = engage(spec("echo", 8080), List.of(), progress::add);
        assertEquals("s1:echo", made.getEngagement().getId());
        assertEquals("waiting for agents", progress.getFirst());
        assertEquals(List.of(made), engagements.shown());
        engaging.leave("echo", "", "");
        assertEquals(List.of("echo"), manager.left);
        assertEquals(List.of(), engagements.all());
    }

    @Test
    void mistakesAreToldBeforeTheManagerIsAsked() throws Exception {
        engage(spec("echo", 8080), List.of(), p -> {});
        assertFault("an intercept named \"echo\" already exists", spec("echo", 9090), List.of());
        assertFault("the namespace \"default\" is not mapped", spec("three", 1), List.of("other"));
        Fault fault = assertThrows(FaultException.class, () -> engaging.leave("x", "", ""))
                .fault();
        assertEquals("Intercept named \"x\" not found", fault.text());
    }

    @Test
    void oneLocalPortHasOneEngagementOfEachProtocolWhichOnlyTheManagerKnows() throws Exception {
        engage(spec("echo", 8080), List.of(), p -> {});
        engage(spec("udp", 8080, "dns"), List.of(), p -> {});
        manager.roll = new CompletableFuture<>();
        assertFault("127.0.0.1:8080 is already the target of the intercept \"echo\"", spec("two", 8080), List.of());
        assertEquals("two", manager.cancelled.poll(10, TimeUnit.SECONDS));
        assertFault("127.0.0.1:8080 is already the target of the intercept \"echo\"", spec("zero", 0), List.of());
        assertFault(
                "127.0.0.1:8080 is already the target of the intercept \"udp\"", spec("dns", 8080, "dns"), List.of());
        assertEquals(2, engagements.all().size());
    }

    @Test
    void aManagerThatForgotIsToldEverythingAgain() throws Exception {
        engage(spec("echo", 8080), List.of(), p -> {});
        assertEquals(0, manager.arrivals.take().getEngagementsCount());
        manager.close();
        manager = new FakeManager(directory.resolve("m"), this::accept);
        link.carriers().beatNow();
        ClientArrival again = manager.arrivals.poll(20, TimeUnit.SECONDS);
        assertEquals("s1", again.getResumeSessionId());
        assertEquals("echo", again.getEngagements(0).getSpec().getName());
    }

    @Test
    void aSessionGoesOnUnderTheIdThatANewerManagerGivesIt() throws Exception {
        engage(spec("echo", 8080), List.of(), p -> {});
        manager.close();
        manager = new FakeManager(directory.resolve("m"), this::accept);
        manager.fresh = "s2";
        manager.keepsIds = false;
        link.carriers().beatNow();
        assertEquals("s1", manager.arrivals.poll(20, TimeUnit.SECONDS).getResumeSessionId());
        CompletableFuture<Boolean> renamed = new CompletableFuture<>();
        link.session().watch(now -> {
            if (now.getSessionId().equals("s2")) {
                renamed.complete(true);
            }
        });
        assertTrue(renamed.get(20, TimeUnit.SECONDS));
        assertEquals(
                "s2:two",
                engage(spec("two", 9090), List.of(), p -> {}).getEngagement().getId());
        assertEquals(2, engagements.all().size());
    }

    @Test
    void aWatchIsOpenedAgainAfterTheLinkBroke() throws Exception {
        CompletableFuture<DialRequest> heard = new CompletableFuture<>();
        try (ManagerWatch watch =
                ManagerWatch.start("dials", () -> link.streams().watchDials(link.ref()), heard::complete)) {
            manager.watchers.take();
            manager.close();
            manager = new FakeManager(directory.resolve("m"), this::accept);
            manager.watchers
                    .take()
                    .onNext(DialRequest.newBuilder().setDialId("d").build());
            assertEquals("d", heard.get(20, TimeUnit.SECONDS).getDialId(), watch::toString);
        }
    }

    @Test
    void aConnectionOfTheClusterReachesTheLocalProgram() throws Exception {
        try (ServerSocket local = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ClientEngagement made = engage(spec("echo", local.getLocalPort()), List.of(), p -> {});
            forwarder().dial(request(made, local.getLocalPort(), "127.0.0.1"));
            try (Socket socket = local.accept()) {
                assertEquals("hello", new String(socket.getInputStream().readNBytes(5), StandardCharsets.UTF_8));
                socket.getOutputStream().write("world".getBytes(StandardCharsets.UTF_8));
            }
            assertEquals("fetch d1 opened", fetched.get(10, TimeUnit.SECONDS));
            assertEquals("world", answer.get(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void aClosedLocalPortIsRefused() throws Exception {
        int port;
        try (ServerSocket local = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = local.getLocalPort();
        }
        ClientEngagement made = engage(spec("echo", port), List.of(), p -> {});
        forwarder().dial(request(made, port, "127.0.0.1"));
        assertEquals("fetch d1 REFUSED", fetched.get(10, TimeUnit.SECONDS));
    }

    @Test
    void nobodyElseChoosesWhereConnectionsGo() throws Exception {
        ClientEngagement made = engage(spec("echo", 8080), List.of(), p -> {});
        forwarder().dial(request(made, 22, "127.0.0.1"));
        String why = fetched.get(10, TimeUnit.SECONDS);
        assertTrue(why.endsWith("DENIED"), why);
    }

    private LocalForwarder forwarder() {
        return new LocalForwarder(engagements, link.tunnel());
    }

    /** The manager's end of a fetched flow. */
    private void accept(Flow flow, Open open) {
        if (open.hasReach()) {
            new FakePod().accept(flow, open);
            return;
        }
        String what = "fetch " + open.getFetch().getDialId();
        flow.handler(new FlowHandler() {
            private final StringBuilder text = new StringBuilder();

            @Override
            public void onOpened(Flow same) {
                fetched.complete(what + " opened");
                flow.write(Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8));
                flow.finish();
            }

            @Override
            public void onData(Flow same, ByteBuf data) {
                text.append(data.toString(StandardCharsets.UTF_8));
                data.release();
            }

            @Override
            public void onFinished(Flow same) {
                answer.complete(text.toString());
            }

            @Override
            public void onReset(Flow same, ResetReason why, String because) {
                fetched.complete(what + " " + why);
            }
        });
        flow.request(10);
    }

    private ClientEngagement engage(EngagementSpec spec, List<String> mapped, Consumer<String> progress)
            throws FaultException {
        MountRequest none =
                MountRequest.newBuilder().setMode(MountRequest.Mode.NONE).build();
        return engaging.engage(new EngagementLifecycle.Request(EngagementCodec.spec(spec), none, mapped), progress);
    }

    private void assertFault(String text, EngagementSpec spec, List<String> mapped) {
        Fault fault = assertThrows(FaultException.class, () -> engage(spec, mapped, p -> {}))
                .fault();
        assertEquals(text, fault.text());
        assertEquals(Fault.Kind.USER, fault.kind());
    }

    private static DialRequest request(ClientEngagement engagement, int port, String host) {
        Endpoint end = Endpoint.newBuilder()
                .setIp(ByteString.copyFrom(new byte[] {10, 1, 2, 3}))
                .setPort(80)
                .build();
        return DialRequest.newBuilder()
                .setDialId("d1")
                .setId(FlowId.newBuilder().setSource(end).setDestination(end))
                .setEngagementId(engagement.getEngagement().getId())
                .setHost(host)
                .setPort(port)
                .build();
    }

    private static EngagementSpec spec(String name, int port) {
        return spec(name, port, "http");
    }

    private static EngagementSpec spec(String name, int port, String identifier) {
        return EngagementSpec.newBuilder()
                .setKind(EngagementKind.INTERCEPT)
                .setName(name)
                .setNamespace("default")
                .setWorkload(name)
                .addPorts(PortRequest.newBuilder().setLocalPort(port).setIdentifier(identifier))
                .build();
    }
}

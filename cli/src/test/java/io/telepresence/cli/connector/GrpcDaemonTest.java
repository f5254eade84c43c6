package io.telepresence.cli.connector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.grpc.stub.StreamObserver;
import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.Explanation;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.TrafficCount;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.LocalServer;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.connector.ConnectorGrpc;
import io.telepresence.rpc.connector.EngageEvent;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.LeaveReply;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.Mount;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.engagement.HttpPath;
import io.telepresence.rpc.engagement.PodPort;
import io.telepresence.rpc.engagement.PortRequest;
import io.telepresence.rpc.engagement.VerdictRecord;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.RuleVerdict;
import io.telepresence.rpc.manager.UninstallProgress;
import io.telepresence.rpc.manager.UninstallRequest;
import io.telepresence.rpc.manager.YamlRequest;
import io.telepresence.rpc.tunnel.Protocol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Engagements over a real socket: what arrives at a daemon, and what is made of its answers. */
@Timeout(60)
final class GrpcDaemonTest {
    @TempDir
    private Path directory;

    private final Service service = new Service();
    private LocalServer server;
    private GrpcDaemon daemon;

    @BeforeEach
    void start() throws Exception {
        Path socket = directory.resolve("s");
        long uid = ((Number) Files.getAttribute(directory, "unix:uid")).longValue();
        server = LocalServer.start(socket, uid, Set.of(uid), List.of(service));
        daemon = new GrpcDaemon(socket);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    /** Remembers what it was asked; an engagement is what was wished for, and ends when it is left. */
    private static final class Service extends ConnectorGrpc.ConnectorImplBase {
        private volatile MessageLite asked;
        private final CompletableFuture<StreamObserver<Empty>> waiting = new CompletableFuture<>();

        @Override
        public void engage(EngageRequest request, StreamObserver<EngageEvent> answer) {
            asked = request;
            answer.onNext(
                    EngageEvent.newBuilder().setProgress("Waiting for pods").build());
            answer.onNext(EngageEvent.newBuilder()
                    .setEngagement(engagement(request.getSpec()))
                    .build());
            answer.onCompleted();
        }

        @Override
        public void awaitEnd(LeaveRequest request, StreamObserver<Empty> answer) {
            waiting.complete(answer);
        }

        @Override
        public void leave(LeaveRequest request, StreamObserver<LeaveReply> answer) {
            asked = request;
            waiting.thenAccept(Service::finish);
            answer.onNext(LeaveReply.newBuilder().setId("7e57:mine").build());
            answer.onCompleted();
        }

        @Override
        public void uninstall(UninstallRequest request, StreamObserver<UninstallProgress> answer) {
            asked = request;
            answer.onNext(UninstallProgress.newBuilder().setText("echo").build());
            answer.onCompleted();
        }

        @Override
        public void explain(ExplainRequest request, StreamObserver<io.telepresence.rpc.manager.Explanation> answer) {
            asked = request;
            answer.onNext(io.telepresence.rpc.manager.Explanation.newBuilder()
                    .setWorkload("echo")
                    .setTakerId("s:mine")
                    .addRules(RuleVerdict.newBuilder()
                            .setEngagement(reported(spec()))
                            .setTakes(true)
                            .setReason("why"))
                    .addRecent(VerdictRecord.newBuilder()
                            .setTimeMs(5)
                            .setPod("echo-1")
                            .addTapIds("s:tap")
                            .setFailedOpen(true))
                    .build());
            answer.onCompleted();
        }

        private static void finish(StreamObserver<Empty> answer) {
            answer.onNext(Empty.getDefaultInstance());
            answer.onCompleted();
        }
    }

    private static EngagementSpec spec() {
        return EngagementSpec.newBuilder()
                .setKind(EngagementCodec.toWire(EngagementKind.WIRETAP))
                .setName("mine")
                .setNamespace("shop")
                .setWorkload("echo")
                .setContainer("app")
                .setService("api")
                .setTargetHost("127.0.0.1")
                .addPorts(PortRequest.newBuilder().setLocalPort(8080).setIdentifier("http"))
                .addHttpHeaders(HttpHeader.newBuilder().setName("X-User").setValue("bob"))
                .addHttpPaths(HttpPath.newBuilder().setKind(HttpPath.Kind.REGEX).setValue("/a.*"))
                .setMechanism("http")
                .setPlaintext(true)
                .putMetadata("k", "v")
                .addToPod(PodPort.newBuilder().setProtocol(Protocol.UDP).setPort(53))
                .build();
    }

    private static io.telepresence.rpc.engagement.Engagement.Builder reported(EngagementSpec spec) {
        return io.telepresence.rpc.engagement.Engagement.newBuilder()
                .setId("s:mine")
                .setSpec(spec)
                .setClient("ann@laptop")
                .setState(io.telepresence.rpc.engagement.EngagementState.ACTIVE)
                .setWorkloadKind("Deployment")
                .setContainer("found")
                .setCount(io.telepresence.rpc.engagement.TrafficCount.newBuilder()
                        .setDelivered(7)
                        .setDropped(2));
    }

    private static io.telepresence.rpc.connector.ClientEngagement engagement(EngagementSpec spec) {
        return io.telepresence.rpc.connector.ClientEngagement.newBuilder()
                .setEngagement(reported(spec))
                .putEnvironment("A", ByteString.copyFromUtf8("1"))
                .setMount(Mount.newBuilder().setLocalDir("/tmp/m").addMounts("/data"))
                .build();
    }

    private static EngageRequest request() {
        return EngageRequest.newBuilder()
                .setSpec(spec())
                .setMount(MountRequest.newBuilder()
                        .setMode(MountRequest.Mode.PATH)
                        .setPath("/tmp/m"))
                .build();
    }

    private static LeaveRequest leave(String container) {
        return LeaveRequest.newBuilder().setName("mine").setContainer(container).build();
    }

    @Test
    void anEngagementThereAndBack() throws FaultException {
        List<String> steps = new ArrayList<>();
        ClientEngagement engagement = daemon.engage(request(), steps::add);
        assertEquals(request(), service.asked);
        assertEquals(List.of("Waiting for pods"), steps);
        assertEquals(
                new ClientEngagement.Identity("s:mine", "mine", EngagementKind.WIRETAP, "ann@laptop"),
                engagement.identity());
        assertEquals("found", engagement.target().container());
        assertEquals(
                "HTTP requests with path-regex /a.* and header 'X-User: bob'",
                engagement.requests().description());
        assertEquals(
                List.of("path-regex=/a.*", "header=X-User: bob"),
                engagement.requests().filters());
        assertEquals(Map.of("A", "1"), engagement.environment());
        assertEquals("/tmp/m", engagement.mount().localDir());
        assertEquals(new TrafficCount(7, 2, 0), engagement.copies().orElseThrow());
    }

    @Test
    void theEndIsAwaitedBesideOtherCalls() throws Exception {
        CompletableFuture<Void> over = CompletableFuture.runAsync(() -> {
            try {
                daemon.awaitEnd(leave(""));
            } catch (FaultException e) {
                throw new IllegalStateException(e);
            }
        });
        service.waiting.get(20, TimeUnit.SECONDS);
        assertEquals(false, over.isDone());
        assertEquals("7e57:mine", daemon.leave(leave("app")));
        assertEquals(leave("app"), service.asked);
        over.get(20, TimeUnit.SECONDS);
    }

    @Test
    void explanations() throws FaultException {
        ExplainRequest request =
                ExplainRequest.newBuilder().setHost("echo").setLast(3).build();
        Explanation why = daemon.explain(request);
        assertEquals(request, service.asked);
        assertEquals("s:mine", why.taker());
        assertEquals("why", why.rules().getFirst().reason());
        assertEquals(
                List.of(new Explanation.Verdict(5, "echo-1", 0, "", "", "", List.of("s:tap"), true)), why.recent());
    }

    @Test
    void uninstall() throws FaultException {
        List<String> steps = new ArrayList<>();
        daemon.uninstall(List.of(), steps::add);
        assertEquals(UninstallRequest.newBuilder().setAll(true).build(), service.asked);
        daemon.uninstall(List.of("a"), steps::add);
        assertEquals(UninstallRequest.newBuilder().addWorkloads("a").build(), service.asked);
        assertEquals(List.of("echo", "echo"), steps);
    }

    @Test
    void anOlderDaemonSaysThatItIs() {
        FaultException e =
                assertThrows(FaultException.class, () -> daemon.generateYaml(YamlRequest.getDefaultInstance()));
        assertEquals(Fault.Kind.USER, e.fault().kind());
    }
}

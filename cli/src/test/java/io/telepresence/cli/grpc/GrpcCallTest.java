package io.telepresence.cli.grpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultStatus;
import io.telepresence.local.LocalServer;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.connector.ConnectorGrpc;
import io.telepresence.rpc.connector.HelmEvent;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.rpc.connector.KubeFlags;
import io.telepresence.rpc.connector.LeaveReply;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.Names;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The small client against the real gRPC server that the daemons use. */
final class GrpcCallTest {
    private static final String SERVICE = "telepresence.connector.Connector/";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private Path socket;
    private LocalServer server;
    private final CountDownLatch released = new CountDownLatch(1);

    @BeforeEach
    void start() throws Exception {
        socket = directory.resolve("s");
        long uid = ((Number) Files.getAttribute(directory, "unix:uid")).longValue();
        server = LocalServer.start(socket, uid, Set.of(uid), List.of(new Service()));
    }

    @AfterEach
    void stop() throws Exception {
        released.countDown();
        server.close();
    }

    /** Answers with what it was asked, in amounts that the request says. */
    private final class Service extends ConnectorGrpc.ConnectorImplBase {
        @Override
        public void listNamespaces(KubeFlags request, StreamObserver<Names> answer) {
            answer.onNext(Names.newBuilder()
                    .addNames(Integer.toString(request.getKubeconfigStdin().size()))
                    .build());
            answer.onCompleted();
        }

        @Override
        public void helm(HelmRequest request, StreamObserver<HelmEvent> answer) {
            int count = Integer.parseInt(request.getSet(0));
            String text = "x".repeat(Integer.parseInt(request.getSet(1)));
            for (int i = 0; i < count; i++) {
                answer.onNext(HelmEvent.newBuilder().setProgress(i + text).build());
            }
            answer.onCompleted();
        }

        @Override
        public void leave(LeaveRequest request, StreamObserver<LeaveReply> answer) {
            answer.onError(FaultStatus.toStatus(Fault.user("no: " + request.getName(), "remedy ü ".repeat(200))
                    .exception()));
        }

        @Override
        public void disconnect(Empty request, StreamObserver<io.telepresence.rpc.connector.DisconnectReply> answer) {
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private List<byte[]> call(String method, byte[] request) throws IOException {
        List<byte[]> answers = new ArrayList<>();
        GrpcCall.run(GrpcEndpoint.unix(socket), SERVICE + method, request, PATIENCE, answers::add);
        return answers;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16_383, 65_536, 3_000_000})
    void aRequestOfAnySizeArrivesWhole(int size) throws IOException {
        KubeFlags request = KubeFlags.newBuilder()
                .setKubeconfigStdin(ByteString.copyFrom(new byte[size]))
                .build();
        List<byte[]> answers = call("ListNamespaces", request.toByteArray());
        assertEquals(1, answers.size());
        assertEquals(Integer.toString(size), Names.parseFrom(answers.getFirst()).getNames(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0,0", "1,10", "1000,100", "5,3000000"})
    void answersOfAnyNumberAndSizeComeInOrder(String amounts) throws IOException {
        HelmRequest request =
                HelmRequest.newBuilder().addAllSet(List.of(amounts.split(","))).build();
        List<byte[]> answers = call("Helm", request.toByteArray());
        int count = Integer.parseInt(amounts.split(",")[0]);
        String text = "x".repeat(Integer.parseInt(amounts.split(",")[1]));
        assertEquals(count, answers.size());
        for (int i = 0; i < count; i++) {
            assertEquals(i + text, HelmEvent.parseFrom(answers.get(i)).getProgress());
        }
    }

    @Test
    void aFaultComesBackWholeHoweverLong() throws IOException {
        byte[] request = LeaveRequest.newBuilder().setName("ä%").build().toByteArray();
        CallFailed failed = assertThrows(CallFailed.class, () -> call("Leave", request));
        assertEquals("no: ä%", failed.getMessage());
        assertEquals(9, failed.code());
        var fault = io.telepresence.rpc.common.Fault.parseFrom(failed.details());
        assertEquals("no: ä%", fault.getText());
        assertEquals("remedy ü ".repeat(200), fault.getRemedy());
    }

    @Test
    void aMethodThatIsNotThereIsUnimplemented() {
        CallFailed failed = assertThrows(CallFailed.class, () -> call("Status", new byte[0]));
        assertEquals(CallFailed.UNIMPLEMENTED, failed.code());
    }

    @Test
    void aServerThatDoesNotAnswerMeetsTheDeadline() {
        CallFailed failed = assertThrows(
                CallFailed.class,
                () -> GrpcCall.run(
                        GrpcEndpoint.unix(socket),
                        SERVICE + "Disconnect",
                        new byte[0],
                        Duration.ofMillis(50),
                        m -> {}));
        assertEquals(CallFailed.DEADLINE_EXCEEDED, failed.code());
    }

    @Test
    void aServerThatEndsMidCallIsUnavailable() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        Thread closer = Thread.startVirtualThread(() -> {
            try {
                begun.await();
                server.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        HelmRequest request =
                HelmRequest.newBuilder().addSet("100000").addSet("10000").build();
        CallFailed failed = assertThrows(
                CallFailed.class,
                () -> GrpcCall.run(
                        GrpcEndpoint.unix(socket),
                        SERVICE + "Helm",
                        request.toByteArray(),
                        PATIENCE,
                        m -> begun.countDown()));
        assertEquals(CallFailed.UNAVAILABLE, failed.code(), failed.getMessage());
        closer.join();
    }

    @Test
    void nobodyListens() throws Exception {
        server.close();
        assertThrows(IOException.class, () -> call("ListNamespaces", new byte[0]));
        Path dead = directory.resolve("dead");
        try (var listener = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            listener.bind(java.net.UnixDomainSocketAddress.of(dead));
        }
        assertThrows(
                ConnectException.class,
                () -> GrpcCall.run(GrpcEndpoint.unix(dead), SERVICE + "Status", new byte[0], PATIENCE, m -> {}));
    }

    @Test
    void bytesOfMessagesSurviveAnyCut() throws IOException {
        List<byte[]> got = new ArrayList<>();
        Messages messages = new Messages(got::add, 100);
        byte[] stream = {0, 0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9};
        for (int i = 0; i < stream.length; i++) {
            messages.more(stream, i, 1);
        }
        messages.end();
        assertEquals(3, got.size());
        assertArrayEquals(new byte[] {7, 8}, got.get(0));
        assertArrayEquals(new byte[0], got.get(1));
        assertArrayEquals(new byte[] {9}, got.get(2));
        messages.more(stream, 0, 6);
        assertThrows(CallFailed.class, messages::end);
        assertThrows(CallFailed.class, () -> new Messages(m -> {}, 1).more(stream, 0, 5));
        assertTrue(got.size() == 3);
    }
}

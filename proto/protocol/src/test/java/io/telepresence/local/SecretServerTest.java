package io.telepresence.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.connector.ConnectorGrpc;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SecretServerTest {
    @TempDir
    private Path directory;

    private final Service service = new Service();
    private Path file;
    private int port;

    private static final class Service extends ConnectorGrpc.ConnectorImplBase {
        private final AtomicInteger calls = new AtomicInteger();

        @Override
        public void version(Empty request, StreamObserver<VersionInfo> answer) {
            calls.incrementAndGet();
            answer.onNext(VersionInfo.newBuilder().setVersion("v1").build());
            answer.onCompleted();
        }
    }

    @BeforeEach
    void choose() throws Exception {
        file = directory.resolve("secret");
        port = FreePorts.one();
    }

    private SecretServer start() throws FaultException {
        return SecretServer.start(port, file, List.of(service));
    }

    private String ask(String secret) {
        try (LocalChannel channel = LocalChannel.openTcp(port, secret)) {
            return ConnectorGrpc.newBlockingStub(channel.grpc())
                    .version(Empty.getDefaultInstance())
                    .getVersion();
        }
    }

    @Test
    void theSecretOpensAndNothingElse() throws Exception {
        try (SecretServer server = start()) {
            String secret = Files.readString(file);
            assertTrue(secret.length() >= 43, "256 bits");
            assertEquals("v1", ask(secret));
            assertDenied(() -> ask(secret + "x"));
            assertDenied(() -> ask(secret.substring(1)));
            assertDenied(() -> ask(""));
            assertDenied(this::askWithoutAWord);
            assertEquals(1, service.calls.get(), "the others were not heard");
            server.close();
        }
    }

    private void askWithoutAWord() {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try {
            ConnectorGrpc.newBlockingStub(channel).version(Empty.getDefaultInstance());
        } finally {
            channel.shutdownNow();
        }
    }

    private static void assertDenied(Runnable call) {
        StatusRuntimeException e = assertThrows(StatusRuntimeException.class, call::run);
        assertEquals(Status.Code.UNAUTHENTICATED, e.getStatus().getCode());
        assertEquals("the secret is missing or wrong", e.getStatus().getDescription());
    }

    @Test
    void everyStartHasANewSecretThatOnlyTheOwnerReads() throws Exception {
        Files.writeString(file, "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        start().close();
        String first = Files.readString(file);
        assertNotEquals("old", first);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        start().close();
        assertNotEquals(first, Files.readString(file));
    }

    @Test
    void aPortInUseIsOneSentence() throws Exception {
        try (ServerSocket taken = new ServerSocket(port)) {
            FaultException e = assertThrows(FaultException.class, this::start);
            assertTrue(e.fault().text().startsWith("cannot listen at port " + taken.getLocalPort() + ": "));
        }
    }
}

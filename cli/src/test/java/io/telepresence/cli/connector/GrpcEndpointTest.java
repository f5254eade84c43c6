package io.telepresence.cli.connector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.grpc.stub.StreamObserver;
import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.fault.FaultException;
import io.telepresence.local.FreePorts;
import io.telepresence.local.SecretServer;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.connector.ConnectorGrpc;
import io.telepresence.rpc.connector.ConnectorStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The daemon of a container at a port of 127.0.0.1, as our own gRPC client calls it. */
@Timeout(60)
final class GrpcEndpointTest {
    @TempDir
    private Path home;

    private static final class Service extends ConnectorGrpc.ConnectorImplBase {
        @Override
        public void status(Empty request, StreamObserver<ConnectorStatus> answer) {
            answer.onNext(ConnectorStatus.newBuilder().setConnectionName("dev").build());
            answer.onCompleted();
        }
    }

    @Test
    void onlyWhoKnowsTheSecretIsServed() throws Exception {
        int port = FreePorts.one();
        Path file = home.resolve("secret");
        try (SecretServer server = SecretServer.start(port, file, List.of(new Service()))) {
            String secret = Files.readString(file);
            assertEquals("dev", daemon(port, secret).status().connection().name());
            FaultException e = assertThrows(FaultException.class, daemon(port, "wrong")::status);
            assertFalse(e.fault().toString().contains(secret));
            assertFalse(e.fault().toString().contains("wrong."), e.fault().toString());
            server.close();
            FaultException gone = assertThrows(FaultException.class, daemon(port, secret)::status);
            assertFalse(gone.fault().toString().contains(secret), gone.fault().toString());
        }
    }

    private GrpcDaemon daemon(int port, String secret) {
        return new GrpcDaemon(new ContainerDaemon(
                "dev",
                home,
                "tp-dev",
                "client:1",
                new ContainerDaemon.Network("tp-dev", "172.29.255.2", ""),
                List.of(),
                new ContainerDaemon.Endpoint(port, secret)));
    }
}

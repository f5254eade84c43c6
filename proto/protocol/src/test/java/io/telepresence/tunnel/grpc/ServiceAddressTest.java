package io.telepresence.tunnel.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.telepresence.local.Loops;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.manager.ManagerGrpc;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever cannot look a Service's name up reaches it by its address. */
@Timeout(30)
class ServiceAddressTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final Duration SHORT = Duration.ofMillis(20);

    private final EventLoopGroup loops = Loops.create("far", 1);
    private Server server;

    @BeforeEach
    void listen() throws Exception {
        server = TunnelServers.builder(new InetSocketAddress(LOOPBACK, 0), loops)
                .build()
                .start();
    }

    @AfterEach
    void close() throws Exception {
        server.shutdownNow();
        server.awaitTermination(2, TimeUnit.SECONDS);
        Loops.shutdown(loops);
    }

    private ServiceAddress service(String fallback) {
        return new ServiceAddress("manager.invalid", server.getPort(), InetAddress.ofLiteral(fallback));
    }

    @Test
    void aNameThatDoesNotExist() {
        try (Carrier carrier = Carrier.open("test", service("127.0.0.1"))) {
            assertEquals(Status.Code.UNIMPLEMENTED, ask(carrier.channel()));
        }
    }

    @Test
    void aNameServerThatDoesNotAnswer() {
        CountDownLatch never = new CountDownLatch(1);
        assertEquals(Status.Code.UNIMPLEMENTED, ask(service("127.0.0.1"), _ -> {
            awaitEnd(never);
            throw new UnknownHostException("too late");
        }));
        never.countDown();
    }

    @Test
    void theNameCountsWhereItIsKnown() {
        assertEquals(Status.Code.UNIMPLEMENTED, ask(service("192.0.2.1"), _ -> new InetAddress[] {LOOPBACK}));
    }

    private Status.Code ask(ServiceAddress service, ServiceNameResolver.Lookup lookup) {
        ManagedChannel channel = Carrier.resolved(
                        NettyChannelBuilder.forAddress(service.host(), service.port())
                                .usePlaintext(),
                        ServiceNameResolver.provider(service, lookup, SHORT))
                .build();
        try {
            return ask(channel);
        } finally {
            channel.shutdownNow();
        }
    }

    /** The server has no services: to know that, it must be there. */
    private static Status.Code ask(ManagedChannel channel) {
        try {
            ManagerGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .version(Empty.getDefaultInstance());
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    private static void awaitEnd(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

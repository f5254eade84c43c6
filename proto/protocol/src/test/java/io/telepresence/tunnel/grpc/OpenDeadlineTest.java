package io.telepresence.tunnel.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.netty.channel.EventLoopGroup;
import io.telepresence.local.Loops;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A flow that never says what it is. */
class OpenDeadlineTest {
    @Test
    void aCallWithoutOpenEnds() throws Exception {
        EventLoopGroup loops = Loops.create("test", 1);
        Server server = TunnelServers.builder(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), loops)
                .addService(TunnelService.bind(loops, (flow, open) -> {}, Duration.ofMillis(200)))
                .build()
                .start();
        try (Carrier carrier =
                Carrier.open("silent", new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))) {
            ClientCall<WireFrame, WireFrame> call =
                    carrier.channel().newCall(FlowMethod.DESCRIPTOR, CallOptions.DEFAULT);
            CompletableFuture<Status> ended = new CompletableFuture<>();
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            ended.complete(status);
                        }
                    },
                    new Metadata());
            call.request(1);
            assertEquals(
                    Status.Code.DEADLINE_EXCEEDED,
                    ended.get(10, TimeUnit.SECONDS).getCode());
        } finally {
            server.shutdownNow();
            Loops.shutdown(loops);
        }
    }
}

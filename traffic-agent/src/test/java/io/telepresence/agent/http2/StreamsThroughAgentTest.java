package io.telepresence.agent.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.telepresence.agent.Until;
import io.telepresence.agent.route.PortRoutes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slow sides, early ends and servers that go. */
@Timeout(60)
class StreamsThroughAgentTest {
    private static final String PIECE = "p".repeat(16 << 10);

    private FakeGrpcServer app;
    private FakeGrpcServer laptop;
    private ProxyFixture rig;
    private ManagedChannel plain;
    private Channel mine;

    @BeforeEach
    void open() throws Exception {
        app = new FakeGrpcServer("app");
        laptop = new FakeGrpcServer("laptop");
        rig = new ProxyFixture(app.port(), Http2Handler::new);
        rig.rules = PortRoutes.of(List.of(ProxyFixture.taker("x-user", "me", laptop.port())));
        plain = FakeGrpcServer.caller(rig.port());
        mine = FakeGrpcServer.with(plain, "x-user", "me");
    }

    @AfterEach
    void close() throws Exception {
        plain.shutdownNow();
        plain.awaitTermination(5, TimeUnit.SECONDS);
        rig.close();
        app.close();
        laptop.close();
    }

    @Test
    void aServerThatDoesNotReadStopsItsCallerOnly() throws Exception {
        Heard heard = new Heard();
        ClientCall<String, String> call = begin(mine, FakeGrpcServer.SLOW, heard);
        int sent = sendUntilStuck(call);
        assertTrue(sent * PIECE.length() < 4 << 20, "stopped only after " + sent);
        String large = "z".repeat(1 << 20);
        for (int i = 0; i < 5; i++) {
            assertEquals("laptop:" + large, FakeGrpcServer.unary(mine, large));
            assertEquals("app:" + large, FakeGrpcServer.unary(plain, large));
        }
        laptop.slow.run();
        Until.holds("the caller may go on", call::isReady);
        call.halfClose();
        assertEquals(Status.Code.OK, heard.status.get(10, TimeUnit.SECONDS).getCode());
        assertEquals("laptop:" + sent * PIECE.length(), heard.last);
    }

    @Test
    void aCallerThatDoesNotReadStopsItsServerOnly() throws Exception {
        List<ClientCall<String, String>> calls = new ArrayList<>();
        List<Heard> heard = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            heard.add(new Heard());
            ClientCall<String, String> call = i % 2 == 0
                    ? mine.newCall(FakeGrpcServer.BOTH, CallOptions.DEFAULT)
                    : plain.newCall(FakeGrpcServer.BOTH, CallOptions.DEFAULT);
            call.start(heard.get(i), new Metadata());
            calls.add(call);
            for (int k = 0; k < 100; k++) {
                call.sendMessage(PIECE);
            }
        }
        String large = "z".repeat(1 << 20);
        assertEquals("laptop:" + large, FakeGrpcServer.unary(mine, large));
        assertEquals("app:" + large, FakeGrpcServer.unary(plain, large));
        for (int i = 0; i < 5; i++) {
            calls.get(i).request(Integer.MAX_VALUE);
            calls.get(i).halfClose();
            assertEquals(
                    Status.Code.OK,
                    heard.get(i).status.get(10, TimeUnit.SECONDS).getCode());
            assertEquals(100, heard.get(i).count.get());
        }
    }

    @Test
    void anAnswerBeforeTheEndOfTheRequestArrives() throws Exception {
        for (Channel channel : List.of(plain, mine)) {
            Heard heard = new Heard();
            ClientCall<String, String> call = begin(channel, FakeGrpcServer.EARLY, heard);
            for (int i = 0; i < 100; i++) {
                call.sendMessage(PIECE);
            }
            Status status = heard.status.get(10, TimeUnit.SECONDS);
            assertEquals(Status.Code.RESOURCE_EXHAUSTED, status.getCode());
            assertEquals((channel == mine ? "laptop" : "app") + " has enough", status.getDescription());
        }
        assertEquals("laptop:1", FakeGrpcServer.unary(mine, "1"));
        assertEquals(1, rig.callers.size());
    }

    /** It says GOAWAY, and serves what it has. */
    @Test
    void anAppThatLeavesFinishesItsCalls() throws Exception {
        Heard heard = new Heard();
        ClientCall<String, String> call = begin(plain, FakeGrpcServer.BOTH, heard);
        call.sendMessage("1");
        Until.holds("it is under way", () -> heard.count.get() == 1);
        try (FakeGrpcServer next = new FakeGrpcServer("next")) {
            rig.appPort = next.port();
            app.server.shutdown();
            Until.holds(
                    "the caller goes on elsewhere, with a new connection",
                    () -> FakeGrpcServer.unary(plain, "2").equals("next:2") && rig.callers.size() == 2);
            call.sendMessage("3");
            Until.holds("the call goes on", () -> heard.count.get() == 2);
            call.halfClose();
            assertEquals(Status.Code.OK, heard.status.get(10, TimeUnit.SECONDS).getCode());
            assertEquals("app:3", heard.last);
            Until.holds("the old connection has ended", () -> rig.callers.size() == 1);
        }
    }

    @Test
    void aLaptopThatLeavesIsDialledAnew() throws Exception {
        FakeGrpcServer old = new FakeGrpcServer("old", b -> b.maxConnectionAge(1, TimeUnit.SECONDS));
        try (old) {
            rig.rules = PortRoutes.of(List.of(ProxyFixture.taker("x-user", "me", old.port())));
            long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
            while (System.nanoTime() - end < 0) {
                assertEquals("old:1", FakeGrpcServer.unary(mine, "1"));
            }
            assertEquals(1, rig.callers.size());
            assertEquals(0, rig.failedOpen.size());
        }
    }

    private static ClientCall<String, String> begin(
            Channel channel, io.grpc.MethodDescriptor<String, String> method, Heard heard) {
        ClientCall<String, String> call = channel.newCall(method, CallOptions.DEFAULT);
        call.start(heard, new Metadata());
        call.request(Integer.MAX_VALUE);
        return call;
    }

    private static int sendUntilStuck(ClientCall<String, String> call) {
        int sent = 0;
        long since = System.nanoTime();
        while (System.nanoTime() - since < Duration.ofMillis(500).toNanos() && sent < 4096) {
            if (call.isReady()) {
                call.sendMessage(PIECE);
                sent++;
                since = System.nanoTime();
            } else {
                LockSupport.parkNanos(1_000_000);
            }
        }
        return sent;
    }

    private static final class Heard extends ClientCall.Listener<String> {
        final AtomicInteger count = new AtomicInteger();
        final CompletableFuture<Status> status = new CompletableFuture<>();
        volatile String last = "";

        @Override
        public void onMessage(String message) {
            last = message;
            count.incrementAndGet();
        }

        @Override
        public void onClose(Status closed, Metadata trailers) {
            status.complete(closed);
        }
    }
}

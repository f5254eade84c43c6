package io.telepresence.agent.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.telepresence.agent.Until;
import io.telepresence.agent.route.PortRoutes;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All kinds of gRPC calls on one caller's connection, half of them for a laptop. */
@Timeout(60)
class GrpcThroughAgentTest {
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
    void fourKindsOfCalls() {
        for (Channel channel : List.of(plain, mine, plain, mine)) {
            String name = channel == mine ? "laptop" : "app";
            assertEquals(name + ":hello", FakeGrpcServer.unary(channel, "hello"));
            assertEquals(name + ":9", last(FakeGrpcServer.down(channel, 10)));
            assertEquals(name + ":6", FakeGrpcServer.up(channel, List.of("ab", "cd", "ef")));
            assertEquals(name + ":a " + name + ":b ", FakeGrpcServer.both(channel, List.of("a", "b")));
        }
        assertEquals(1, rig.callers.size());
        assertEquals(2, rig.upstreams.size());
        assertEquals(8, rig.delivered.size());
        assertEquals(16, rig.verdicts.size());
        assertEquals("/test.Place/Unary", rig.verdicts.peek().path());
        assertEquals("", rig.verdicts.peek().engagementId());
    }

    @Test
    void manyCallsAtOnceDoNotMix() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                String word = "w" + i + "x".repeat(i * 50);
                boolean forLaptop = i % 2 == 0;
                calls.add(threads.submit(() -> {
                    Channel channel = forLaptop ? mine : plain;
                    String name = forLaptop ? "laptop:" : "app:";
                    return FakeGrpcServer.unary(channel, word).equals(name + word)
                            && FakeGrpcServer.both(channel, List.of(word, "b")).equals(name + word + " " + name + "b ");
                }));
            }
            for (Future<Boolean> call : calls) {
                assertTrue(call.get(30, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void largeMessagesBothWays() {
        String large = "z".repeat(3 << 20);
        for (int i = 0; i < 5; i++) {
            assertEquals("laptop:" + large, FakeGrpcServer.unary(mine, large));
            assertEquals("app:" + large, FakeGrpcServer.unary(plain, large));
        }
        assertEquals(
                "app:" + large.length() * 20,
                FakeGrpcServer.up(
                        plain, IntStream.range(0, 20).mapToObj(i -> large).toList()));
    }

    @Test
    void rulesAreAskedForEveryCall() {
        assertEquals("laptop:1", FakeGrpcServer.unary(mine, "1"));
        rig.rules = PortRoutes.NONE;
        assertEquals("app:2", FakeGrpcServer.unary(mine, "2"));
        rig.rules = PortRoutes.of(List.of(ProxyFixture.taker("x-user", "me", laptop.port())));
        assertEquals("laptop:3", FakeGrpcServer.unary(mine, "3"));
        assertEquals(1, rig.callers.size());
    }

    @Test
    void whatTheLaptopDoesNotTakeGoesToTheApp() throws Exception {
        laptop.close();
        assertEquals("app:1", FakeGrpcServer.unary(mine, "1"));
        assertEquals("app:6", FakeGrpcServer.up(mine, List.of("abc", "def")));
        assertEquals(List.of("x-user=me", "x-user=me"), List.copyOf(rig.failedOpen));
        assertTrue(rig.verdicts.peek().failedOpen());
    }

    @Test
    void whenTheLaptopEndsItsCallsFailAndTheNextGoOn() throws Exception {
        Iterator<String> stream = FakeGrpcServer.down(mine, 1);
        stream.next();
        int before = rig.upstreams.size();
        laptop.close();
        Until.holds("the connection to the laptop has ended", () -> rig.upstreams.size() < before);
        assertEquals("app:2", FakeGrpcServer.unary(mine, "2"));
        assertEquals("app:3", FakeGrpcServer.unary(plain, "3"));
        laptop = new FakeGrpcServer("laptop");
        rig.rules = PortRoutes.of(List.of(ProxyFixture.taker("x-user", "me", laptop.port())));
        assertEquals("laptop:4", FakeGrpcServer.unary(mine, "4"));
        assertEquals(1, rig.callers.size());
    }

    @Test
    void withoutTheAppCallsAreUnavailable() throws Exception {
        app.close();
        StatusRuntimeException error =
                assertThrows(StatusRuntimeException.class, () -> FakeGrpcServer.unary(plain, "1"));
        assertEquals(Status.Code.UNAVAILABLE, error.getStatus().getCode());
    }

    @Test
    void anAppThatRestartsIsFoundAgain() throws Exception {
        assertEquals("app:1", FakeGrpcServer.unary(plain, "1"));
        app.close();
        Until.holds("the connection to the app has ended", rig.upstreams::isEmpty);
        app = new FakeGrpcServer("app again");
        rig.appPort = app.port();
        assertEquals("app again:2", FakeGrpcServer.unary(plain, "2"));
    }

    @Test
    void aCallThatIsCancelledIsCancelledThere() throws Exception {
        ClientCall<String, String> call = mine.newCall(FakeGrpcServer.BOTH, CallOptions.DEFAULT);
        ClientCalls.asyncBidiStreamingCall(call, new Deaf());
        Until.holds("it is open", () -> laptop.open.get() == 1);
        assertEquals("laptop:1", FakeGrpcServer.unary(mine, "1"));
        assertEquals(1, laptop.open.get());
        call.cancel("enough", null);
        Until.holds("it is cancelled", () -> laptop.cancelled.get() == 1);
        assertEquals("laptop:2", FakeGrpcServer.unary(mine, "2"));
        assertEquals(1, rig.callers.size());
    }

    @Test
    void aCallerThatGoesTakesItsCallsWithIt() throws Exception {
        ClientCalls.asyncBidiStreamingCall(mine.newCall(FakeGrpcServer.BOTH, CallOptions.DEFAULT), new Deaf());
        Until.holds("it is open", () -> laptop.open.get() == 1);
        rig.callers.forEach(c -> c.pipeline().context(ChannelEnding.class).close());
        Until.holds("it is cancelled", () -> laptop.cancelled.get() == 1);
        Until.holds("no connection is left", rig.upstreams::isEmpty);
    }

    @Test
    void aWiretapGetsCopies() throws Exception {
        rig.rules = PortRoutes.of(List.of(ProxyFixture.mirror("x-user", "me", laptop.port())));
        assertEquals("app:1", FakeGrpcServer.unary(mine, "1"));
        assertEquals("app:2", FakeGrpcServer.unary(plain, "2"));
        assertEquals("app:6", FakeGrpcServer.up(mine, List.of("abc", "def")));
        // Each call is answered by a thread of its own, so that the second may be heard first.
        Until.holds(
                "the laptop has both whole",
                () -> laptop.heard.stream().sorted().toList().equals(List.of("1", "6")));
        assertEquals(List.of("mirror", "mirror"), List.copyOf(rig.delivered));
        assertEquals(List.of("mirror"), rig.verdicts.peek().tapIds());
        assertEquals(0, rig.dropped.size());
    }

    @Test
    void aWiretapThatIsAwayDisturbsNobody() throws Exception {
        rig.rules = PortRoutes.of(List.of(ProxyFixture.mirror("x-user", "me", laptop.port())));
        laptop.close();
        String large = "z".repeat(3 << 20);
        for (int i = 0; i < 20; i++) {
            assertEquals("app:" + large, FakeGrpcServer.unary(mine, large));
        }
        assertEquals(20, rig.dropped.size());
        assertEquals(0, rig.delivered.size());
    }

    private static final class Deaf implements StreamObserver<String> {
        @Override
        public void onNext(String value) {}

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {}
    }

    private static String last(Iterator<String> answers) {
        String last = "";
        while (answers.hasNext()) {
            last = answers.next();
        }
        return last;
    }
}

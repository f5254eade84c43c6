package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.telepresence.agent.drain.Drain.Outcome;
import io.telepresence.agent.drain.GracePeriod;
import io.telepresence.agent.drain.Time;
import io.telepresence.agent.http2.FakeGrpcServer;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import io.telepresence.local.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A pod that ends: what the application would still serve is served, and the agent goes with it. */
@Timeout(60)
class AgentDrainTest {
    /** As long as no test waits. */
    private static final Duration LONG = Duration.ofMinutes(5);

    private static CompletableFuture<Outcome> drain(AgentFixture rig, Duration grace) {
        GracePeriod period = new GracePeriod(grace, Time.REAL);
        period.begin(Duration.ZERO);
        return CompletableFuture.supplyAsync(() -> rig.agent.drain(period, Time.REAL));
    }

    private static boolean refuses(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return false;
        } catch (ConnectException e) {
            return true;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String ready(AgentFixture rig) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", rig.agent.readyAddress().getPort())) {
            socket.getOutputStream().write("GET /readyz HTTP/1.1\r\nHost: pod\r\n\r\n".getBytes());
            return new String(socket.getInputStream().readAllBytes()).split(" ")[1];
        }
    }

    private static void serves(String name, AgentFixture rig) throws Exception {
        try (Caller caller = rig.call()) {
            assertEquals(name, caller.line());
        }
    }

    /** A try to connect would be a new connection. */
    private static void awaitUnready(AgentFixture rig) throws IOException {
        Until.holds("no port accepts any more", () -> {
            try {
                return ready(rig).equals("503");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Long after every wait of the rule. */
    private static void aWhileLater() {
        long end = System.nanoTime() + Duration.ofMillis(1_300).toNanos();
        Until.holds("a while later", () -> System.nanoTime() - end > 0);
    }

    @Test
    void whileTheApplicationAcceptsSoDoesTheAgentAndIsReady() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            Caller open = rig.call();
            open.line();
            int port = rig.port().getPort();
            CompletableFuture<Outcome> ending = drain(rig, LONG);
            aWhileLater();
            serves("app", rig);
            assertEquals("200", ready(rig));
            app.stopAccepting();
            awaitUnready(rig);
            assertTrue(refuses(port));
            assertFalse(ending.isDone());
            open.say("still here");
            assertEquals("still herebye", open.finish());
            assertEquals(Outcome.DRAINED, ending.get(1, TimeUnit.SECONDS));
            rig.agent.close();
            assertEquals(1, rig.manager.departed.size());
        }
    }

    @Test
    void whatALaptopAnswersKeepsTheAgentAndItsLink() throws Exception {
        try (Place app = Place.echo("app");
                Place local = Place.echo("laptop");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.engage(local.port());
            Caller open = rig.call();
            assertEquals("laptop", open.line());
            int port = rig.port().getPort();
            CompletableFuture<Outcome> ending = drain(rig, LONG);
            aWhileLater();
            serves("laptop", rig);
            app.stopAccepting();
            awaitUnready(rig);
            assertTrue(refuses(port));
            aWhileLater();
            assertFalse(ending.isDone());
            assertTrue(rig.manager.departed.isEmpty());
            open.say("long");
            assertEquals("longbye", open.finish());
            assertEquals(Outcome.DRAINED, ending.get(1, TimeUnit.SECONDS));
        }
    }

    @Test
    void inPlaceOfTheContainerTheLaptopsConnectionsDecide() throws Exception {
        int free = FreePorts.one();
        try (Place local = Place.echo("laptop");
                AgentFixture rig = AgentFixture.absent(free)) {
            rig.engage(local.port());
            Caller open = rig.call();
            assertEquals("laptop", open.line());
            CompletableFuture<Outcome> ending = drain(rig, LONG);
            aWhileLater();
            serves("laptop", rig);
            awaitUnready(rig);
            assertTrue(refuses(free));
            assertFalse(ending.isDone());
            assertEquals("bye", open.finish());
            assertEquals(Outcome.DRAINED, ending.get(1, TimeUnit.SECONDS));
        }
    }

    @Test
    void theGracePeriodEndsItAll() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app);
                Caller open = rig.call()) {
            open.line();
            assertEquals(Outcome.OUT_OF_TIME, drain(rig, Duration.ofSeconds(2)).get(3, TimeUnit.SECONDS));
        }
    }

    @Test
    void theManagerSaysWhatADeletionGrants() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.manager.grace = 7;
            Until.holds("told", () -> rig.granted.contains(Duration.ofSeconds(7)));
        }
    }

    /** A caller that keeps its connection to a laptop is asked to go before it must. */
    @Test
    void keptHttpConnectionsToALaptopLeave() throws Exception {
        try (FakeHttpServer app = new FakeHttpServer("app");
                FakeHttpServer local = new FakeHttpServer("laptop");
                AgentFixture rig = AgentFixture.tcp(app.port())) {
            rig.engage(local.port());
            HttpCaller caller = new HttpCaller(rig.port());
            assertEquals("laptop /a 0", caller.get("/a", false).body());
            CompletableFuture<Outcome> ending = drain(rig, LONG);
            rig.agent.leave();
            String last = caller.get("/chunked", false).response();
            assertTrue(last.startsWith("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding"), last);
            assertEquals("", caller.rest());
            caller.close();
            HttpCaller late = new HttpCaller(rig.port());
            String answer = late.get("/b", false).response();
            assertTrue(answer.startsWith("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length"), answer);
            assertTrue(answer.endsWith("laptop /b 0"), answer);
            assertEquals("", late.rest());
            late.close();
            app.close();
            assertEquals(Outcome.DRAINED, ending.get(5, TimeUnit.SECONDS));
        }
    }

    /** The application closes its connections itself, when it wants. */
    @Test
    void keptHttpConnectionsToTheApplicationStay() throws Exception {
        try (FakeHttpServer app = new FakeHttpServer("app");
                FakeHttpServer local = new FakeHttpServer("laptop");
                AgentFixture rig = AgentFixture.tcp(app.port())) {
            rig.engageHeader(local.port(), "X-User", "ann");
            try (HttpCaller caller = new HttpCaller(rig.port())) {
                assertEquals("app /a 0", caller.get("/a", false).body());
                drain(rig, LONG);
                rig.agent.leave();
                for (int i = 0; i < 3; i++) {
                    assertEquals("app /b 0", caller.get("/b", false).body());
                }
                String mine = caller.get("/c", true).response();
                assertTrue(mine.contains("Connection: close"), mine);
                assertEquals("", caller.rest());
            }
        }
    }

    @Test
    void callsToALaptopMoveToANewConnection() throws Exception {
        for (boolean filtered : new boolean[] {true, false}) {
            try (FakeGrpcServer app = new FakeGrpcServer("app");
                    FakeGrpcServer local = new FakeGrpcServer("laptop");
                    AgentFixture rig = new AgentFixture(new Port(Transport.TCP, app.port()), "127.0.0.1")) {
                rig.awaitArrival();
                if (filtered) {
                    rig.engageHeader(local.port(), "x-user", "me");
                } else {
                    rig.engage(local.port());
                }
                ManagedChannel channel = FakeGrpcServer.caller(rig.port().getPort());
                Channel mine = FakeGrpcServer.with(channel, "x-user", "me");
                assertEquals("laptop:1", FakeGrpcServer.unary(mine, "1"));
                drain(rig, LONG);
                rig.agent.leave();
                for (int i = 0; i < 20; i++) {
                    assertEquals("laptop:2", FakeGrpcServer.unary(mine, "2"));
                }
                if (filtered) {
                    Until.holds("idle connections are closed", () -> rig.agent.open() == 0);
                }
                channel.shutdownNow();
                channel.awaitTermination(5, TimeUnit.SECONDS);
            }
        }
    }
}

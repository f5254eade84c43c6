package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nothing is engaged: the app's callers must not notice the agent. */
@Timeout(60)
class AgentTcpTest {
    @Test
    void bytesAndHalfCloseReachTheApp() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app);
                Caller caller = rig.call()) {
            assertEquals("app", caller.line());
            caller.say("hello");
            assertEquals("hellobye", caller.finish());
        }
    }

    @Test
    void bulkArrivesWhole() throws Exception {
        byte[] sent = new byte[20 << 20];
        new Random(7).nextBytes(sent);
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app);
                Caller caller = rig.call()) {
            caller.line();
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    caller.socket.getOutputStream().write(sent);
                    caller.socket.shutdownOutput();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            byte[] back = caller.socket.getInputStream().readNBytes(sent.length);
            writer.join();
            assertEquals(ByteBuffer.wrap(sent), ByteBuffer.wrap(back));
            assertEquals("bye", new String(caller.socket.getInputStream().readAllBytes()));
        }
    }

    @Test
    void anAppOnLoopbackOnlyIsFound() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = new AgentFixture(new Port(Transport.TCP, app.port()), "127.0.0.2")) {
            for (int i = 0; i < 3; i++) {
                try (Caller caller = rig.call()) {
                    assertEquals("app", caller.line());
                }
            }
        }
    }

    @Test
    void anAppThatMovesIsFoundAgain() throws Exception {
        Place first = Place.echo("first");
        int port = first.port();
        try (AgentFixture rig = new AgentFixture(new Port(Transport.TCP, port), "127.0.0.2")) {
            try (Caller caller = rig.call()) {
                assertEquals("first", caller.line());
            }
            Until.holds("the first connection is over", () -> rig.agent.open() == 0);
            first.close();
            try (Place second = Place.echo("second", InetAddress.getByName("127.0.0.2"), port);
                    Caller caller = rig.call()) {
                assertEquals("second", caller.line());
            }
        }
    }

    @Test
    void noAppMeansReset() throws Exception {
        Place app = Place.echo("app");
        app.close();
        try (AgentFixture rig = AgentFixture.tcp(app);
                Caller caller = rig.call()) {
            assertTrue(caller.isReset());
        }
    }

    @Test
    void aResetOfTheAppReachesTheCaller() throws Exception {
        try (Place app = Place.passive("app");
                AgentFixture rig = AgentFixture.tcp(app);
                Caller caller = rig.call()) {
            Socket there = app.onlyOne();
            there.setSoLinger(true, 0);
            there.close();
            assertTrue(caller.isReset());
        }
    }

    @Test
    void aResetOfTheCallerReachesTheApp() throws Exception {
        try (Place app = Place.passive("app");
                AgentFixture rig = AgentFixture.tcp(app);
                Caller caller = rig.call()) {
            Socket there = app.onlyOne();
            there.setSoTimeout(5_000);
            caller.reset();
            SocketException error = assertThrows(
                    SocketException.class, () -> there.getInputStream().read());
            assertTrue(error.getMessage().contains("reset"), error.getMessage());
        }
    }

    @Test
    void whatIsNoHttpReachesTheAppAlsoWhereSomeRequestsAreEngaged() throws Exception {
        try (Place app = Place.echo("first");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.engageHeader(9, "X-User", "ann");
            try (Caller caller = rig.call()) {
                assertEquals("first", caller.line());
                caller.say("GET / HTTP/1.1\r\nX-User: ann\r\n\r\n");
                assertTrue(caller.finish().startsWith("GET /"));
            }
            try (Caller caller = rig.call()) {
                caller.say("EHLO x\r\n");
                assertEquals("first\nEHLO x\r\nbye", caller.finish());
            }
        }
    }

    @Test
    void aSlowAppSlowsTheCaller() throws Exception {
        try (Place app = Place.passive("app");
                AgentFixture rig = AgentFixture.tcp(app);
                SocketChannel caller = SocketChannel.open(rig.port());
                Socket there = app.onlyOne()) {
            caller.configureBlocking(false);
            long written = writeUntilStuck(caller);
            assertTrue(written < 64L << 20, "the caller was stopped only after " + written);
            there.getInputStream().readNBytes((int) Math.min(written, 8 << 20));
            Until.holds("the caller may write again", () -> tryWrite(caller) > 0);
        }
    }

    private static long writeUntilStuck(SocketChannel caller) {
        long written = 0;
        long stuckSince = System.nanoTime();
        while (System.nanoTime() - stuckSince < Duration.ofMillis(300).toNanos() && written < 128L << 20) {
            long now = tryWrite(caller);
            if (now > 0) {
                written += now;
                stuckSince = System.nanoTime();
            } else {
                LockSupport.parkNanos(1_000_000);
            }
        }
        return written;
    }

    private static long tryWrite(SocketChannel caller) {
        try {
            return caller.write(ByteBuffer.allocate(1 << 20));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aThousandConnectionsAtOnce() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            Crowd.ask(rig, 1000, "app");
        }
    }

    @Test
    void tenThousandShortConnections() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            for (int i = 0; i < 100; i++) {
                app.accepted.clear();
                Crowd.ask(rig, 100, "app");
            }
        }
    }
}

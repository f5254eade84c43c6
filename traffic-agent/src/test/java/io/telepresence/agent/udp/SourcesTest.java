package io.telepresence.agent.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.telepresence.agent.rules.Destination;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class SourcesTest {
    private static final long SECOND = 1_000_000_000L;

    private final Sources sources = new Sources(3);
    private long now;

    private final class Spoken implements Conversation {
        private final long at = now;
        private boolean closed;

        @Override
        public Destination destination() {
            return Destination.TO_APP;
        }

        @Override
        public void datagram(ByteBuf data) {
            data.release();
        }

        @Override
        public long lastNanos() {
            return at;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static InetSocketAddress source(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private Spoken speak(int port) {
        assertTrue(sources.makeRoom(now), "room for " + port);
        Spoken spoken = new Spoken();
        sources.put(source(port), spoken);
        return spoken;
    }

    @Test
    void aNewSourceTakesThePlaceOfTheOneThatIsSilentLongest() {
        speak(1);
        Spoken second = speak(2);
        speak(3);
        assertNotNull(sources.get(source(1)), "speaks again");
        now += 2 * SECOND;
        speak(4);
        assertTrue(second.closed);
        assertNull(sources.get(source(2)));
        assertEquals(3, sources.size());
        assertNotNull(sources.get(source(1)));
    }

    @Test
    void whoSpokeJustNowStays() {
        for (int port = 1; port <= 3; port++) {
            speak(port);
        }
        assertFalse(sources.makeRoom(now + SECOND / 2));
        assertTrue(sources.makeRoom(now + SECOND));
    }

    @Test
    void whatIsOnItsWayIsBounded() {
        TransitBudget budget = new TransitBudget(100);
        assertTrue(budget.take(60));
        assertFalse(budget.take(60));
        budget.give(60);
        assertTrue(budget.take(100));
        assertEquals(100, budget.taken());
    }
}

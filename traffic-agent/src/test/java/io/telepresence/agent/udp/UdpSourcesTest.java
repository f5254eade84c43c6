package io.telepresence.agent.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class UdpSourcesTest {
    private static final long SECOND = 1_000_000_000L;

    private final UdpSources<Spoken> sources = new UdpSources<>(3);
    private long now;

    private final class Spoken implements UdpSources.Remembered {
        private final long at = now;
        private boolean closed;

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
        return source("10.0.0.1", port);
    }

    private static InetSocketAddress source(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    private Spoken speak(int port) {
        return speak(source(port));
    }

    private Spoken speak(InetSocketAddress source) {
        assertTrue(sources.makeRoom(source, now), "room for " + source);
        Spoken spoken = new Spoken();
        sources.put(source, spoken);
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
        assertFalse(sources.makeRoom(source(4), now + SECOND / 2));
        assertTrue(sources.makeRoom(source(4), now + SECOND));
    }

    @Test
    void oneAddressThatNeverStopsTakesNothingFromAnother() {
        Spoken first = speak(1);
        speak(2);
        speak(3);
        Spoken other = speak(source("10.0.0.2", 1));
        assertTrue(first.closed, "the flood's own is given up");
        assertFalse(sources.makeRoom(source(4), now));
        assertFalse(other.closed);
        assertEquals(3, sources.size());
    }

    @Test
    void sharesThatAreEqualAreNotTakenInTurns() {
        for (int host = 1; host <= 3; host++) {
            speak(source("10.0.0." + host, 1));
        }
        assertFalse(sources.makeRoom(source("10.0.0.4", 1), now), "as many addresses as places, and all speak");
        now += 2 * SECOND;
        assertFalse(speak(source("10.0.0.4", 1)).closed);
        sources.endSilent(now);
        assertEquals(1, sources.size());
        sources.endAll();
        assertEquals(0, sources.size());
        speak(1);
        speak(2);
        speak(3);
        speak(source("10.0.0.2", 1));
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

package io.telepresence.rootd.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.TestPackets;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.tunnel.ResetReason;
import org.junit.jupiter.api.Test;

/** SYNs that wait for a far end that says nothing, as while the manager is replaced. */
class HeldSynsTest {
    private static final long LONG = NatTable.DIAL_NANOS + 1;

    private final StackFixture stack = new StackFixture();

    /** A connection of its own for each {@code i}. */
    private static Tuple app(int i) {
        return TestPackets.tuple("198.18.0.1", 10_000 + i, "10.96.3.7", 80);
    }

    @Test
    void thereIsABoundAndWhatIsAboveItIsDroppedUntilThereIsRoom() {
        for (int i = 0; i < HeldSyns.MOST + 50; i++) {
            stack.fromHost(TestPackets.syn(app(i), 1));
        }
        assertEquals(HeldSyns.MOST, stack.heldSyns.held());
        assertEquals(HeldSyns.MOST, stack.flows.size(), "nothing is dialled for those that were dropped");
        assertNull(stack.toHost(), "they hear nothing, and try again");
        stack.flows.getFirst().farReset(ResetReason.REFUSED);
        assertNotNull(stack.toHost());
        stack.fromHost(TestPackets.syn(app(HeldSyns.MOST), 1));
        assertEquals(HeldSyns.MOST + 1, stack.flows.size(), "the next try is dialled");
    }

    @Test
    void nobodyIsHeldLongerThanAKernelWouldTry() {
        for (int i = 0; i < 10; i++) {
            stack.fromHost(TestPackets.syn(app(i), 1));
        }
        stack.nat.sweep(stack.now + LONG - 2);
        assertEquals(10, stack.heldSyns.held());
        stack.now += LONG;
        stack.nat.sweep(stack.now);
        assertEquals(0, stack.heldSyns.held());
        assertEquals(0, stack.nat.size(), "their ports are free");
        assertTrue(stack.flows.stream().allMatch(FakeFlow::isClosed));
        stack.fromHost(TestPackets.syn(app(0), 2));
        assertEquals(11, stack.flows.size(), "a new try begins from the start");
    }

    @Test
    void whenTheTunnelBreaksAllHearThatTheyAreNotReached() {
        for (int i = 0; i < 10; i++) {
            stack.fromHost(TestPackets.syn(app(i), 1));
        }
        stack.flows.forEach(flow -> flow.farReset(ResetReason.ABORTED));
        for (int i = 0; i < 10; i++) {
            byte[] packet = stack.toHost();
            assertNotNull(packet, "answer " + i);
            assertEquals(1, StackFixture.header(packet).protocol(), "ICMP: a reset would say that somebody refused");
        }
        assertEquals(0, stack.heldSyns.held());
        assertEquals(0, stack.nat.size());
    }

    @Test
    void whoGaveUpMeanwhileIsNotLetIn() {
        stack.fromHost(TestPackets.syn(app(0), 1));
        FakeFlow slow = stack.lastFlow();
        // The program ends this try and begins another one from the same port.
        stack.fromHost(TestPackets.syn(app(0), 77));
        FakeFlow next = stack.lastFlow();
        assertTrue(slow.isClosed());
        assertEquals(1, stack.heldSyns.held());
        next.farOpened();
        byte[] syn = stack.toHost();
        assertEquals(IpHeader.TCP, StackFixture.header(syn).protocol());
        assertNull(stack.toHost());
        assertEquals(0, stack.heldSyns.held());
    }

    @Test
    void aTunnelThatHasEndedHoldsNothing() {
        stack.tunnelEnded = true;
        stack.fromHost(TestPackets.syn(app(0), 1));
        assertNotNull(stack.toHost());
        assertEquals(0, stack.heldSyns.held());
        assertEquals(0, stack.nat.size());
    }
}

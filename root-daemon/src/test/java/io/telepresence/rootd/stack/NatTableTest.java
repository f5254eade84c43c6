package io.telepresence.rootd.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rootd.ip.IpAddress;
import io.telepresence.rootd.ip.TestPackets;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.run.Threads;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class NatTableTest {
    private static final IpAddress APP = TestPackets.ip("198.18.0.1");
    private static final IpAddress POD = TestPackets.ip("10.96.0.7");

    private final List<NatAddress> spares =
            List.of(new NatAddress(TestPackets.ip("198.18.0.2")), new NatAddress(TestPackets.ip("198.18.0.3")));
    private final NatTable nat = new NatTable(Optional.of(new NatFamily(APP, 7000, spares)), Optional.empty());

    private static Tuple tuple(int n) {
        return Tuple.of(APP, n & 0xffff, POD, n >>> 16);
    }

    private static void assertFindsByNat(NatTable nat, NatEntry connection) {
        var redirection = connection.redirection();
        assertSame(connection, nat.findByNat(redirection.spare().address(), redirection.port()));
    }

    @Test
    void fillsOneSpareAddressAfterTheOtherAndThenRefuses() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 2 * NatAddress.MOST; i++) {
            NatEntry connection = nat.add(tuple(i), i, 0);
            assertTrue(seen.add(connection.redirection().spare().address() + " "
                    + connection.redirection().port()));
            assertSame(connection, nat.find(tuple(i)));
        }
        assertNull(nat.add(tuple(2 * NatAddress.MOST), 0, 0));
        assertFindsByNat(nat, nat.find(tuple(NatAddress.MOST)));

        nat.remove(nat.find(tuple(3)));
        assertNull(nat.find(tuple(3)));
        assertNotNull(nat.add(tuple(2 * NatAddress.MOST), 0, 0));
        assertEquals(2 * NatAddress.MOST, nat.size());
    }

    @Test
    void aFreedPortComesUpAgainLate() {
        NatEntry first = nat.add(tuple(1), 0, 0);
        int port = first.redirection().port();
        nat.remove(first);
        for (int i = 0; i < 60_000; i++) {
            NatEntry next = nat.add(tuple(2), 0, 0);
            assertTrue(next.redirection().port() != port, "after " + i);
            nat.remove(next);
        }
    }

    @Test
    void otherFamiliesAndAddressesAreNotRedirected() {
        assertNull(nat.add(TestPackets.tuple("fd00::1", 1, "fd00::2", 2), 0, 0));
        assertNull(nat.findByNat(TestPackets.ip("198.18.0.9"), 2000));
        assertNull(nat.findByNat(TestPackets.ip("198.18.0.2"), 80));
    }

    @Test
    void readersSeeWholeEntriesWhileOthersChangeTheTable() throws InterruptedException {
        for (int i = 0; i < 500; i++) {
            nat.add(tuple(i), i, 0);
        }
        var wrong = new AtomicInteger();
        Thread reader = Threads.platform("test-reader", () -> {
            for (int round = 0; round < 400; round++) {
                for (int i = 0; i < 500; i++) {
                    NatEntry found = nat.find(tuple(i));
                    if (found == null || !found.startedBy(i)) {
                        wrong.incrementAndGet();
                    }
                }
            }
        });
        for (int i = 1000; reader.isAlive(); i = i == 40_000 ? 1000 : i + 1) {
            NatEntry passing = nat.add(tuple(i), i, 0);
            assertSame(passing, nat.find(tuple(i)));
            nat.remove(passing);
        }
        reader.join();
        assertEquals(0, wrong.get());
        assertEquals(500, nat.size());
    }
}

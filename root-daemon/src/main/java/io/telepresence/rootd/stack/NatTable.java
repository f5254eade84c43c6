package io.telepresence.rootd.stack;

import io.telepresence.rootd.ip.IpAddress;
import io.telepresence.rootd.ip.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Every redirected connection, by the 4-tuple of the program and by its spare address and port. Looking up takes no
 * lock; changes are made under this object's lock, from any thread.
 *
 * <p>Bounded by the number of ports: {@link NatAddress#MOST} connections for each spare address.
 */
final class NatTable {
    /** After its last packet a closed connection may still be in TIME_WAIT at either end (60 s on Linux). */
    static final long TIME_WAIT_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** A SYN that was let in and never accepted: the program has given up, or its SYN comes again before this. */
    static final long ACCEPT_NANOS = TimeUnit.SECONDS.toNanos(70);

    /** Longer than any dial may take. */
    static final long DIAL_NANOS = TimeUnit.SECONDS.toNanos(150);

    private final TupleTable<NatEntry> byApp = new TupleTable<>();
    private final Optional<NatFamily> v4;
    private final Optional<NatFamily> v6;
    private final AtomicLong total = new AtomicLong();

    NatTable(Optional<NatFamily> v4, Optional<NatFamily> v6) {
        this.v4 = v4;
        this.v6 = v6;
    }

    /** Null: addresses of this kind are not redirected. */
    NatFamily family(IpAddress address) {
        return (address.isV4() ? v4 : v6).orElse(null);
    }

    /** The youngest connection with this 4-tuple, or null. */
    NatEntry find(Tuple app) {
        return byApp.get(app);
    }

    /** Who seems to come from this address and port, or null. */
    NatEntry findByNat(IpAddress address, int port) {
        NatFamily family = family(address);
        NatAddress spare = family == null ? null : family.spare(address);
        return spare == null ? null : spare.owner(port);
    }

    /** A new connection, in the place of any other with this 4-tuple; null if no port is free. */
    synchronized NatEntry add(Tuple app, int initialSequence, long nowNanos) {
        NatFamily family = family(app.destination());
        if (family == null) {
            return null;
        }
        for (NatAddress spare : family.spares()) {
            if (!spare.isFull()) {
                int port = spare.freePort();
                var redirection = NatEntry.Redirection.of(app, family, spare, port);
                var connection = new NatEntry(app, initialSequence, redirection, nowNanos);
                spare.take(port, connection);
                byApp.put(app, connection);
                total.incrementAndGet();
                return connection;
            }
        }
        return null;
    }

    /** Forgets a connection, at once; its port is free again. */
    synchronized void remove(NatEntry connection) {
        byApp.remove(connection.app(), connection);
        var redirection = connection.redirection();
        redirection.spare().giveBack(redirection.port(), connection);
    }

    /** Ends connections that went nowhere and forgets those that have been quiet for long enough. */
    void sweep(long nowNanos) {
        List<NatEntry> gone = new ArrayList<>();
        forEach(connection -> {
            long quiet = connection.quietNanos(nowNanos);
            switch (connection.state()) {
                case DIALLING -> endAfter(connection, quiet, DIAL_NANOS, nowNanos);
                case LET_IN -> endAfter(connection, quiet, ACCEPT_NANOS, nowNanos);
                case ACCEPTED -> {}
                case CLOSED, REPLACED -> {
                    if (quiet > TIME_WAIT_NANOS) {
                        gone.add(connection);
                    }
                }
            }
        });
        gone.forEach(this::remove);
    }

    private static void endAfter(NatEntry connection, long quiet, long most, long nowNanos) {
        if (quiet > most && connection.close(nowNanos)) {
            connection.abort("nothing waits for this connection");
        }
    }

    /** Visits all, the replaced ones included. */
    void forEach(Consumer<? super NatEntry> visitor) {
        v4.ifPresent(family -> family.spares().forEach(spare -> spare.forEach(visitor)));
        v6.ifPresent(family -> family.spares().forEach(spare -> spare.forEach(visitor)));
    }

    /** Connections that are not over. */
    int open() {
        int[] count = {0};
        forEach(connection -> {
            if (!connection.isOver()) {
                count[0]++;
            }
        });
        return count[0];
    }

    /** Entries, those in TIME_WAIT included. */
    int size() {
        int[] count = {0};
        forEach(connection -> count[0]++);
        return count[0];
    }

    /** Connections since the start. */
    long total() {
        return total.get();
    }
}

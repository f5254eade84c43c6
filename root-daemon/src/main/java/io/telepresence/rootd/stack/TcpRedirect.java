package io.telepresence.rootd.stack;

import io.telepresence.rootd.ip.IpAddress;
import io.telepresence.rootd.ip.IpHeader;
import io.telepresence.rootd.ip.TcpHeader;
import io.telepresence.rootd.ip.TcpPackets;
import io.telepresence.rootd.ip.Tuple;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;

/**
 * Sends the TCP packets of programs to the listener, and the listener's answers back, each under the other's name. So
 * the kernel's own TCP ends every connection. Used by the packet reader only.
 */
final class TcpRedirect {
    private final NatTable nat;
    private final HeldSyns heldSyns;
    private final PacketOut out;
    private final LongSupplier nanoClock;

    TcpRedirect(NatTable nat, HeldSyns heldSyns, PacketOut out, LongSupplier nanoClock) {
        this.nat = nat;
        this.heldSyns = heldSyns;
        this.out = out;
        this.nanoClock = nanoClock;
    }

    /** Takes a whole TCP packet; rewrites it in place. */
    void handle(ByteBuffer b, IpHeader ip) {
        Tuple tuple = Tuple.read(b, ip);
        IpAddress destination = tuple.destination();
        NatFamily family = nat.family(destination);
        if (family == null) {
            return;
        }
        NatAddress spare = family.spare(destination);
        if (spare == null) {
            forward(tuple, b, ip);
        } else if (tuple.source().equals(family.own()) && tuple.sourcePort() == family.port()) {
            back(spare.owner(tuple.destinationPort()), b, ip);
        }
    }

    private void back(NatEntry connection, ByteBuffer b, IpHeader ip) {
        if (connection != null && connection.state() != NatEntry.State.REPLACED) {
            pass(connection, connection.redirection().back(), b, ip);
        }
    }

    private void forward(Tuple tuple, ByteBuffer b, IpHeader ip) {
        NatEntry connection = nat.find(tuple);
        int flags = TcpHeader.flags(b, ip.payload());
        if (TcpHeader.isSyn(flags)) {
            syn(connection, tuple, b, ip);
        } else if (connection == null) {
            refuse(flags, b, ip);
        } else {
            segment(connection, flags, b, ip);
        }
    }

    private void syn(NatEntry connection, Tuple tuple, ByteBuffer b, IpHeader ip) {
        if (connection == null) {
            heldSyns.hold(tuple, b, ip);
            return;
        }
        boolean again = connection.startedBy(TcpHeader.sequence(b, ip.payload()));
        switch (connection.state()) {
            case DIALLING -> {
                if (!again) {
                    startAnew(connection, tuple, b, ip);
                }
            }
            case LET_IN, ACCEPTED -> {
                if (again) {
                    connection.touch(nanoClock.getAsLong());
                    pass(connection, connection.redirection().forward(), b, ip);
                } else {
                    startAnew(connection, tuple, b, ip);
                }
            }
            case CLOSED, REPLACED -> startAnew(connection, tuple, b, ip);
        }
    }

    /** The program uses the same 4-tuple for a new connection, so the old one is gone on its side. */
    private void startAnew(NatEntry old, Tuple tuple, ByteBuffer b, IpHeader ip) {
        NatEntry.State before = old.replace(nanoClock.getAsLong());
        if (before != null && before != NatEntry.State.CLOSED) {
            old.abort("the program started again");
        }
        heldSyns.hold(tuple, b, ip);
    }

    private void segment(NatEntry connection, int flags, ByteBuffer b, IpHeader ip) {
        boolean reset = (flags & TcpHeader.RST) != 0;
        switch (connection.state()) {
            case DIALLING -> {
                if (reset) {
                    giveUp(connection);
                }
            }
            case LET_IN -> {
                pass(connection, connection.redirection().forward(), b, ip);
                if (reset) {
                    giveUp(connection);
                }
            }
            case ACCEPTED, CLOSED -> pass(connection, connection.redirection().forward(), b, ip);
            case REPLACED -> {}
        }
    }

    /** The program does not want the connection that it asked for. */
    private void giveUp(NatEntry connection) {
        if (connection.close(nanoClock.getAsLong())) {
            connection.abort("the program gave up");
        }
    }

    private void pass(NatEntry connection, Rewrite rewrite, ByteBuffer b, IpHeader ip) {
        if (connection.isOver()) {
            connection.touch(nanoClock.getAsLong());
        }
        rewrite.apply(b, ip);
        out.send(b, ip.end());
    }

    /** A segment of a connection that nobody knows, for example one from before a restart. */
    private void refuse(int flags, ByteBuffer b, IpHeader ip) {
        if ((flags & TcpHeader.RST) == 0) {
            out.send(TcpPackets.RESET_ROOM, (to, at) -> TcpPackets.reset(to, at, b, ip));
        }
    }
}

package io.telepresence.rootd.stack;

import io.netty.buffer.ByteBuf;
import io.telepresence.rootd.ip.Tuple;
import io.telepresence.rootd.ip.Unreachable;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.splice.DatagramSession;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/** The datagrams of one 4-tuple: the host's end of a {@link DatagramSession}. */
final class UdpFlow implements DatagramSession.Peer {
    private final Tuple tuple;
    private final DatagramsOut out;
    private final BiConsumer<Tuple, UdpFlow> ended;
    private final DatagramSession session;

    UdpFlow(Tuple tuple, DatagramsOut out, LongSupplier nanoClock, BiConsumer<Tuple, UdpFlow> ended) {
        this.tuple = tuple;
        this.out = out;
        this.ended = ended;
        session = new DatagramSession(this, nanoClock);
    }

    Tuple tuple() {
        return tuple;
    }

    DatagramSession session() {
        return session;
    }

    @Override
    public void deliver(ByteBuf data, Runnable taken) {
        try {
            out.send(tuple.swapped(), data);
        } finally {
            data.release();
            taken.run();
        }
    }

    @Override
    public void onCut(ResetReason why, boolean opened) {
        switch (why) {
            case REFUSED -> out.unreachable(Unreachable.PORT, tuple);
            case DENIED -> out.unreachable(Unreachable.PROHIBITED, tuple);
            case UNREACHABLE, NO_CLIENT -> out.unreachable(Unreachable.HOST, tuple);
            case TIMED_OUT, ABORTED, UNSPECIFIED -> {
                if (!opened) { // else the far end closed its socket, which UDP does without a word
                    out.unreachable(Unreachable.HOST, tuple);
                }
            }
        }
    }

    @Override
    public void onEnded() {
        ended.accept(tuple, this);
    }
}

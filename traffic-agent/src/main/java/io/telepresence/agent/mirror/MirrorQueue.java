package io.telepresence.agent.mirror;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What waits to be sent on one flow, and what is being sent, within the budget. The forwarder's thread offers, the
 * flow's loop takes; at most one task of the loop is under way for it at a time. Thread-safe.
 */
final class MirrorQueue {
    /** What a queued buffer costs beside its bytes. */
    private static final int OVERHEAD = 128;

    private final MirrorBudget.Pass share;
    private final int mostBytes;
    private final int mostEntries;
    private final Deque<ByteBuf> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private int sendingBytes;
    /** True: the loop will look here by itself; so before the flow is open, and while it has no credit. */
    private boolean awaited = true;

    private boolean ended;
    private boolean closed;

    /** What became of an offer. */
    enum Offer {
        /** The loop will find it. */
        TAKEN,
        /** The loop must be told. */
        WAKE,
        /** Too much waits already. */
        FULL,
        /** Ended or closed before. */
        LATE
    }

    MirrorQueue(MirrorBudget.Pass share, int mostBytes, int mostEntries) {
        this.share = share;
        this.mostBytes = mostBytes;
        this.mostEntries = mostEntries;
    }

    /** Adds at the end; owns {@code data}, whatever the answer. */
    Offer offer(ByteBuf data) {
        ByteBuf kept = compact(data);
        if (kept == null) {
            return Offer.FULL;
        }
        Offer answer = add(kept, cost(kept));
        if (answer == Offer.FULL || answer == Offer.LATE) {
            kept.release();
        }
        return answer;
    }

    private synchronized Offer add(ByteBuf data, int cost) {
        if (ended || closed) {
            return Offer.LATE;
        }
        if (waiting.size() >= mostEntries || waitingBytes + sendingBytes + cost > mostBytes || !share.reserve(cost)) {
            return Offer.FULL;
        }
        waitingBytes += cost;
        waiting.add(data);
        return wake();
    }

    /** Nothing more will be offered. */
    synchronized Offer end() {
        if (ended || closed) {
            return Offer.LATE;
        }
        ended = true;
        return wake();
    }

    synchronized boolean ended() {
        return ended;
    }

    private Offer wake() {
        if (awaited) {
            return Offer.TAKEN;
        }
        awaited = true;
        return Offer.WAKE;
    }

    /** What waits, oldest first, to be sent now, about {@code most} bytes; empty: nothing does, and the next offer wakes. */
    synchronized List<ByteBuf> take(int most) {
        List<ByteBuf> taken = new ArrayList<>();
        int bytes = 0;
        while (!waiting.isEmpty() && bytes < most) {
            ByteBuf next = waiting.poll();
            bytes += next.readableBytes();
            int cost = cost(next);
            waitingBytes -= cost;
            sendingBytes += cost;
            taken.add(next);
        }
        awaited = !taken.isEmpty();
        return taken;
    }

    synchronized boolean sending() {
        return sendingBytes > 0;
    }

    /** What was taken has left the process. */
    synchronized void sent() {
        share.release(sendingBytes);
        sendingBytes = 0;
    }

    /** Whether everything was taken, and no more will come. */
    synchronized boolean drained() {
        return ended && waiting.isEmpty();
    }

    /** Throws away what waits, and tells how many buffers it was. What is being sent stays in the budget. */
    synchronized int close() {
        int lost = waiting.size();
        closed = true;
        waiting.forEach(ByteBuf::release);
        waiting.clear();
        share.release(waitingBytes);
        waitingBytes = 0;
        return lost;
    }

    private static int cost(ByteBuf data) {
        return data.readableBytes() + OVERHEAD;
    }

    /** A few bytes must not keep a large receive buffer: then they are copied. Null: there is no memory for that. */
    private static ByteBuf compact(ByteBuf data) {
        ByteBuf under = data.unwrap();
        int capacity = under == null ? data.capacity() : under.capacity();
        if (data.readableBytes() >= capacity / 2) {
            return data;
        }
        try {
            return data.copy();
        } catch (OutOfMemoryError e) {
            return null;
        } finally {
            data.release();
        }
    }
}

package io.telepresence.agent.sftp;

import io.netty.buffer.ByteBuf;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;

/**
 * A flow for a thread that blocks: between the flow's loop and one thread that reads and writes. Holds at most
 * {@value #CREDIT} frames each way. A wait ends with the flow, at the latest.
 */
final class FlowPipe implements FlowHandler {
    private static final int CREDIT = 4;

    private final Deque<ByteBuf> incoming = new ArrayDeque<>();
    private Flow flow;
    private int posted;
    private boolean stalled;
    private boolean finished;
    private boolean closed;

    /** On the loop, before anything else; from here on data comes. */
    void start(Flow opened) {
        synchronized (this) {
            flow = opened;
        }
        opened.request(CREDIT);
    }

    /** Whether {@link #read} would not wait. */
    synchronized boolean hasInput() {
        return !incoming.isEmpty() || finished || closed;
    }

    /**
     * Reads until the range is full.
     *
     * @return false: the client has finished and nothing more was there
     * @throws EOFException if it finished in the middle
     */
    boolean read(byte[] into, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int count = readSome(into, offset + done, length - done);
            if (count < 0) {
                if (done == 0) {
                    return false;
                }
                throw new EOFException("the client finished in the middle of a packet");
            }
            done += count;
        }
        return true;
    }

    private int readSome(byte[] into, int offset, int length) throws IOException {
        ByteBuf used = null;
        int count;
        synchronized (this) {
            while (incoming.isEmpty() && !finished && !closed) {
                await();
            }
            if (closed) {
                throw new EOFException("the flow is over");
            }
            if (incoming.isEmpty()) {
                return -1;
            }
            ByteBuf first = incoming.peek();
            count = Math.min(length, first.readableBytes());
            first.readBytes(into, offset, count);
            if (!first.isReadable()) {
                used = incoming.poll();
            }
        }
        if (used != null) {
            used.release();
            flow.request(1);
        }
        return count;
    }

    /** Sends; waits while the flow has no credit. Ownership passes. */
    void write(ByteBuf data) throws IOException {
        synchronized (this) {
            while ((stalled || posted >= CREDIT) && !closed) {
                try {
                    await();
                } catch (IOException e) {
                    data.release();
                    throw e;
                }
            }
            if (closed) {
                data.release();
                throw new EOFException("the flow is over");
            }
            posted++;
        }
        try {
            flow.loop().execute(() -> send(data));
        } catch (RejectedExecutionException e) {
            data.release();
            throw new EOFException("the agent ends");
        }
    }

    private void send(ByteBuf data) {
        flow.write(data);
        boolean full = !flow.isWritable();
        synchronized (this) {
            posted--;
            stalled = full;
            notifyAll();
        }
    }

    /** Says that no more will come. */
    void finish() {
        onLoop(flow::finish);
    }

    void reset(ResetReason why, String text) {
        onLoop(() -> flow.reset(why, text));
    }

    private void onLoop(Runnable last) {
        try {
            flow.loop().execute(last);
        } catch (RejectedExecutionException e) {
            // The flow has gone with its loop.
        }
    }

    private void await() throws IOException {
        try {
            wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public synchronized void onData(Flow same, ByteBuf data) {
        incoming.add(data);
        notifyAll();
    }

    @Override
    public synchronized void onFinished(Flow same) {
        finished = true;
        notifyAll();
    }

    @Override
    public synchronized void onWritable(Flow same) {
        stalled = false;
        notifyAll();
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        // onClosed follows.
    }

    @Override
    public synchronized void onClosed(Flow same) {
        closed = true;
        incoming.forEach(ByteBuf::release);
        incoming.clear();
        notifyAll();
    }
}

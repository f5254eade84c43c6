package io.telepresence.userd.podaccess;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramPacket;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The datagrams of one local sender. They wait while the flow is being opened; once it is open those that find no credit
 * are dropped, as a network would. The port forward offers, everything else happens on the flow's loop.
 */
final class UdpSender implements FlowHandler {
    private static final Duration IDLE = Duration.ofMinutes(2);
    private static final int MOST_WAITING = 64;
    private static final int CREDIT = 64;

    private final Channel endpoint;
    private final InetSocketAddress from;
    private final Runnable ended;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Queue<ByteBuf> early = new ArrayDeque<>();
    private volatile Flow flow;
    private volatile boolean over;
    private boolean open;
    private long lastNanos = System.nanoTime();

    /** @param ended called once, when the flow is over */
    UdpSender(Channel endpoint, InetSocketAddress from, Runnable ended) {
        this.endpoint = endpoint;
        this.from = from;
        this.ended = ended;
    }

    /** Before the first {@link #offer}. */
    void openedAs(Flow opened) {
        flow = opened;
    }

    boolean over() {
        return over;
    }

    /** Takes the datagram over. */
    void offer(ByteBuf data) {
        if (waiting.get() >= MOST_WAITING) {
            data.release();
            return;
        }
        waiting.incrementAndGet();
        try {
            flow.loop().execute(() -> send(data));
        } catch (RejectedExecutionException e) {
            data.release();
            ended.run();
        }
    }

    void end(Reset.Why why, String text) {
        try {
            flow.reset(why, text);
        } catch (RejectedExecutionException e) {
            ended.run();
        }
    }

    private void send(ByteBuf data) {
        lastNanos = System.nanoTime();
        if (!over && !open) {
            early.add(data);
            return;
        }
        waiting.decrementAndGet();
        if (!over && flow.isWritable()) {
            flow.write(data);
        } else {
            data.release();
        }
    }

    @Override
    public void onOpened(Flow opened) {
        open = true;
        opened.request(CREDIT);
        for (ByteBuf data = early.poll(); data != null; data = early.poll()) {
            waiting.decrementAndGet();
            opened.write(data);
        }
        opened.loop().schedule(() -> checkIdle(opened), IDLE.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void checkIdle(Flow opened) {
        long left = lastNanos + IDLE.toNanos() - System.nanoTime();
        if (over) {
            return;
        }
        if (left > 0) {
            opened.loop().schedule(() -> checkIdle(opened), left, TimeUnit.NANOSECONDS);
        } else {
            opened.reset(Reset.Why.TIMED_OUT, "no datagram for " + IDLE.toMinutes() + " minutes");
        }
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        lastNanos = System.nanoTime();
        endpoint.writeAndFlush(new DatagramPacket(data, from)).addListener(done -> same.request(1));
    }

    @Override
    public void onFinished(Flow same) {
        same.finish();
    }

    @Override
    public void onReset(Flow same, Reset.Why why, String text) {
        // onClosed follows.
    }

    @Override
    public void onClosed(Flow same) {
        over = true;
        ended.run();
        for (ByteBuf data = early.poll(); data != null; data = early.poll()) {
            waiting.decrementAndGet();
            data.release();
        }
    }
}

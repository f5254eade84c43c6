package io.telepresence.agent.mirror;

import io.netty.buffer.ByteBuf;
import io.telepresence.agent.report.TrafficRecorder;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of the datagrams of one source on their way through a flow of their own; counted one by one. Too many of them
 * are dropped. After a reset it stays and drops everything, so that a laptop where nothing listens is not asked at every
 * datagram. {@link #datagram} comes from one thread; all else happens on the flow's loop.
 */
public final class DatagramMirror implements FlowHandler {
    private static final int WAITING = 64;
    private static final int WAITING_BYTES = 256 << 10;
    private static final int CREDIT = 16;
    private static final int BATCH = 64 << 10;
    private static final long ASK_AGAIN_NANOS = 1_000_000_000;
    private static final Logger LOG = LoggerFactory.getLogger(DatagramMirror.class);

    private final Copies copies;
    private final MirrorBudget.Pass share;
    private final MirrorQueue outbox;
    private Flow flow;
    private boolean opened;
    private volatile long closedNanos;
    private volatile long lastNanos = System.nanoTime();

    /** Who gets them, and who counts them. */
    private record Copies(ClientEndpoint target, TrafficRecorder report) {
        void delivered() {
            report.delivered(target.engagementId());
        }

        void dropped() {
            report.dropped(target.engagementId());
        }
    }

    DatagramMirror(ClientEndpoint target, MirrorBudget.Pass share, TrafficRecorder report) {
        this.copies = new Copies(target, report);
        this.share = share;
        this.outbox = new MirrorQueue(share, WAITING_BYTES, WAITING);
    }

    DatagramMirror through(Flow opening, Duration patience) {
        flow = opening;
        execute(() -> {
            if (!opened && closedNanos == 0) {
                opening.loop().schedule(() -> giveUp(opening, patience), patience.toMillis(), TimeUnit.MILLISECONDS);
            }
        });
        return this;
    }

    private void giveUp(Flow opening, Duration patience) {
        if (!opened) {
            opening.reset(ResetReason.TIMED_OUT, "no answer within " + patience);
        }
    }

    /** Who gets the copy. */
    public ClientEndpoint target() {
        return copies.target();
    }

    /** When the last datagram came, in {@link System#nanoTime} units. */
    public long lastNanos() {
        return lastNanos;
    }

    /** Whether the flow has gone and it is time to open another. */
    public boolean stale(long nowNanos) {
        long since = closedNanos;
        return since != 0 && nowNanos - since > ASK_AGAIN_NANOS;
    }

    /** Copies one datagram; {@code data} stays the caller's. */
    public void datagram(ByteBuf data) {
        lastNanos = System.nanoTime();
        if (closedNanos != 0) {
            copies.dropped();
            return;
        }
        switch (outbox.offer(data.retainedDuplicate())) {
            case WAKE -> execute(() -> drain(flow));
            case FULL, LATE -> copies.dropped();
            case TAKEN -> {}
        }
    }

    /** Ends it; idempotent. */
    public void close() {
        try {
            flow.reset(ResetReason.ABORTED, "the agent ends this copy");
        } catch (RejectedExecutionException e) {
            loopEnded(e);
        }
    }

    private void execute(Runnable task) {
        try {
            flow.loop().execute(task);
        } catch (RejectedExecutionException e) {
            loopEnded(e);
        }
    }

    /** Nothing is heard of the flow any more: what is kept for it is given back here. */
    private void loopEnded(RejectedExecutionException why) {
        LOG.debug("the link to the manager is closed", why);
        over();
    }

    private void over() {
        closedNanos = System.nanoTime() | 1;
        for (int lost = outbox.close(); lost > 0; lost--) {
            copies.dropped();
        }
        outbox.sent();
        share.leave();
    }

    private void drain(Flow same) {
        if (!opened || closedNanos != 0) {
            return;
        }
        while (!outbox.sending() || same.isWritable()) {
            outbox.sent();
            List<ByteBuf> batch = outbox.take(BATCH);
            if (batch.isEmpty()) {
                return;
            }
            for (ByteBuf datagram : batch) {
                copies.delivered();
                same.write(datagram);
            }
        }
    }

    @Override
    public void onOpened(Flow same) {
        opened = true;
        share.opened();
        same.request(CREDIT);
        drain(same);
    }

    @Override
    public void onWritable(Flow same) {
        drain(same);
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        data.release();
        same.request(1);
    }

    @Override
    public void onFinished(Flow same) {
        same.finish();
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        LOG.debug("copy {} reset: {} {}", same.key(), why, text);
    }

    @Override
    public void onClosed(Flow same) {
        over();
    }
}

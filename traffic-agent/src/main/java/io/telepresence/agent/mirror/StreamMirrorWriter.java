package io.telepresence.agent.mirror;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.Future;
import io.telepresence.agent.report.TrafficRecorder;
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
 * A copy on its way through a flow of its own: OPENING → OPEN → (everything sent) ENDING → closed, or closed at once when
 * the laptop refuses, is silent, or is too slow. What the laptop answers is thrown away. {@link Mirror}'s methods come from
 * the forwarder's thread and only touch the {@link MirrorQueue}; all else happens on the flow's loop.
 */
final class StreamMirrorWriter implements Mirror, FlowHandler {
    private static final int CREDIT = 4;
    /** Most bytes written at once, and so about the most that gRPC holds. */
    private static final int BATCH = 128 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(StreamMirrorWriter.class);

    private final MirrorQueue outbox;
    private final MirrorBudget.Pass share;
    private final MirrorLimits limits;
    private final TrafficRecorder report;
    private final AnswerWatch answer;
    private volatile Flow flow;
    private volatile boolean brokeOff;
    private volatile boolean gone;
    /** Guarded by this. */
    private boolean counted;

    private boolean opened;
    private boolean ending;
    private boolean finished;
    private boolean broken;
    private long answeredNanos;
    private Future<?> timer;
    private Future<?> deadline;

    /** @param answer of a request: tells when the laptop's answer is whole; null: this is a connection */
    StreamMirrorWriter(MirrorBudget.Pass share, MirrorLimits limits, TrafficRecorder report, AnswerWatch answer) {
        this.outbox = new MirrorQueue(share, limits.copyBytes(), Integer.MAX_VALUE);
        this.share = share;
        this.limits = limits;
        this.report = report;
        this.answer = answer;
    }

    /** The flow that was opened with this as its handler; gives up if the laptop has not dialled within the bound. */
    StreamMirrorWriter through(Flow opening, Duration patience) {
        flow = opening;
        onLoop(opening, () -> {
            if (!opened && !gone) {
                after(opening, patience, () -> lose(opening, "no answer within " + patience));
            }
        });
        return this;
    }

    @Override
    public void data(ByteBuf owned) {
        if (gone) {
            owned.release();
            countDropped();
            return;
        }
        switch (outbox.offer(owned)) {
            case WAKE -> wake();
            case FULL -> lose(flow, "the laptop is slower than the original");
            case TAKEN, LATE -> {}
        }
    }

    @Override
    public void end() {
        MirrorQueue.Offer answer = outbox.end();
        if (answer != MirrorQueue.Offer.LATE) {
            Flow to = flow;
            onLoop(to, () -> ended(to));
        }
    }

    /** From here on the laptop's time is limited: to take what waits, to answer, and to end. */
    private void ended(Flow same) {
        if (!gone) {
            long limit = 2 * limits.linger().toNanos();
            deadline = same.loop().schedule(() -> tooLate(same), limit, TimeUnit.NANOSECONDS);
            drain(same);
        }
    }

    private void tooLate(Flow same) {
        if (outbox.drained() && !outbox.sending()) {
            same.reset(ResetReason.ABORTED, "the copy has ended");
        } else {
            lose(same, "the laptop does not take the copy");
        }
    }

    @Override
    public void cut() {
        if (!outbox.ended()) {
            brokeOff = true;
            end();
        }
    }

    private void wake() {
        Flow to = flow;
        onLoop(to, () -> drain(to));
    }

    private void lose(Flow of, String why) {
        gone = true;
        outbox.close();
        countDropped();
        try {
            of.reset(ResetReason.ABORTED, why);
        } catch (RejectedExecutionException e) {
            loopEnded(e);
        }
    }

    /** Nothing is heard of the flow any more: what is kept for it is given back here. */
    private void loopEnded(RejectedExecutionException why) {
        LOG.debug("the link to the manager is closed", why);
        gone = true;
        outbox.close();
        outbox.sent();
        countDropped();
        share.leave();
    }

    private synchronized void countDropped() {
        if (!counted) {
            counted = true;
            report.dropped(share.engagementId());
        }
    }

    private void onLoop(Flow on, Runnable task) {
        try {
            on.loop().execute(task);
        } catch (RejectedExecutionException e) {
            loopEnded(e);
        }
    }

    @Override
    public void onOpened(Flow same) {
        opened = true;
        share.opened();
        cancelTimer();
        report.delivered(share.engagementId());
        same.request(CREDIT);
        drain(same);
    }

    @Override
    public void onWritable(Flow same) {
        drain(same);
    }

    /** Sends what waits, a batch at a time, each only when the one before has left: so the budget knows of every byte. */
    private void drain(Flow same) {
        if (!opened || gone) {
            return;
        }
        while (!outbox.sending() || same.isWritable()) {
            outbox.sent();
            List<ByteBuf> batch = outbox.take(BATCH);
            if (batch.isEmpty()) {
                break;
            }
            same.write(Unpooled.wrappedBuffer(batch.toArray(ByteBuf[]::new)));
        }
        if (!ending && outbox.drained()) {
            ending = true;
            endAfterAnswer(same);
        }
    }

    private void endAfterAnswer(Flow same) {
        if (answer == null || brokeOff || answer.isWhole()) {
            finish(same);
        } else if (answeredNanos != 0) {
            endWhenQuiet(same);
        } else {
            after(same, limits.linger(), () -> finish(same));
        }
    }

    private void endWhenQuiet(Flow same) {
        Duration pause = answer.isHttp() ? limits.quiet() : limits.quiet().multipliedBy(10);
        long left = pause.toNanos() - (System.nanoTime() - answeredNanos);
        if (left <= 0) {
            finish(same);
        } else {
            after(same, Duration.ofNanos(left), () -> endWhenQuiet(same));
        }
    }

    private void finish(Flow same) {
        if (!finished) {
            finished = true;
            after(same, limits.linger(), () -> same.reset(ResetReason.ABORTED, "the copy has ended"));
            same.finish();
        }
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        boolean first = answeredNanos == 0;
        answeredNanos = System.nanoTime() | 1;
        if (answer != null && !finished) {
            answer.heard(data);
            if (ending && answer.isWhole()) {
                finish(same);
            } else if (ending && first) {
                endWhenQuiet(same);
            }
        }
        data.release();
        same.request(1);
    }

    /** A laptop that takes no answer's end for the caller's: it still gets what comes. */
    @Override
    public void onFinished(Flow same) {
        if (ending) {
            finish(same);
        } else if (answer != null) {
            answer.ended();
        }
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        broken = true;
        LOG.debug("copy {} reset: {} {}", same.key(), why, text);
    }

    @Override
    public void onClosed(Flow same) {
        gone = true;
        cancelTimer();
        if (deadline != null) {
            deadline.cancel(false);
        }
        int lost = outbox.close();
        if (!opened || lost > 0 || broken && outbox.sending()) {
            countDropped();
        }
        outbox.sent();
        share.leave();
    }

    private void after(Flow on, Duration time, Runnable task) {
        cancelTimer();
        timer = on.loop().schedule(task, time.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}

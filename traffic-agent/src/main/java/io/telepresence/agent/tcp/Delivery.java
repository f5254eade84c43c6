package io.telepresence.agent.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.Future;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.ChannelPump;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A caller's connection on its way to a laptop. Until the laptop has dialled, the accepted socket belongs to no event
 * loop, so nothing is read from it; if the laptop refuses or is silent, the caller gets an RST within the bound.
 * Everything happens on the flow's loop.
 */
final class Delivery implements FlowHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

    private final Channel caller;
    private final Runnable ended;
    private final AtomicBoolean refused = new AtomicBoolean();
    private Future<?> bound;
    private boolean opened;
    private boolean closed;

    /**
     * @param caller accepted, not registered yet; this object owns it
     * @param ended called once, when the caller's connection is closed
     */
    Delivery(Channel caller, Runnable ended) {
        this.caller = caller;
        this.ended = ended;
    }

    /** Gives up if the laptop has not dialled by then; any thread. */
    void within(Flow flow, Duration patience) {
        flow.loop().execute(() -> {
            if (!opened && !closed) {
                bound = flow.loop().schedule(() -> giveUp(flow, patience), patience.toMillis(), TimeUnit.MILLISECONDS);
            }
        });
    }

    private static void giveUp(Flow flow, Duration patience) {
        flow.reset(Reset.Why.TIMED_OUT, "no answer within " + patience);
    }

    @Override
    public void onOpened(Flow flow) {
        opened = true;
        cancelBound();
        ChannelPump pump = new ChannelPump(flow);
        flow.handler(pump);
        ChannelPump.configure(caller);
        Relay.keepAlive(caller.config());
        caller.pipeline().addLast(pump);
        flow.loop().register(caller).addListener((ChannelFuture registered) -> {
            if (registered.isSuccess()) {
                caller.closeFuture().addListener(done -> ended.run());
                pump.start(caller);
            } else {
                flow.reset(Reset.Why.ABORTED, "cannot register: " + registered.cause());
                refuse();
            }
        });
    }

    @Override
    public void onData(Flow flow, ByteBuf data) {
        data.release();
        flow.reset(Reset.Why.ABORTED, "data before the flow was opened");
    }

    @Override
    public void onFinished(Flow flow) {
        flow.reset(Reset.Why.ABORTED, "finished before the flow was opened");
    }

    @Override
    public void onReset(Flow flow, Reset.Why why, String text) {
        LOG.debug("{} refused: {} {}", flow.key(), why, text);
    }

    @Override
    public void onClosed(Flow flow) {
        closed = true;
        cancelBound();
        refuse();
    }

    /** Ends a connection that was never delivered; idempotent, any thread. */
    void refuse() {
        if (refused.compareAndSet(false, true)) {
            Relay.reset(caller);
            ended.run();
        }
    }

    private void cancelBound() {
        if (bound != null) {
            bound.cancel(false);
        }
    }
}

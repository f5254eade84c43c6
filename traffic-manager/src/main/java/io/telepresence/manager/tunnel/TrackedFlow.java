package io.telepresence.manager.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.telepresence.manager.session.PeerSession;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import java.util.ArrayList;
import java.util.List;

/**
 * A flow that is cut when its session ends. Create it on the flow's loop and use it in place of the flow; until
 * another handler is set it notes that the flow has ended ({@link #ended}).
 */
final class TrackedFlow implements Flow, FlowHandler {
    private final Flow flow;
    private final PeerSession.Ending ending;
    private final List<Runnable> whenClosed = new ArrayList<>(2);
    private FlowHandler handler;
    private boolean ended;

    TrackedFlow(Flow flow, PeerSession session) {
        this.flow = flow;
        flow.handler(this);
        this.ending = session.onEnd(() -> cut("the session has ended"));
    }

    /** Aborts the flow and what it is joined with: a socket behind it is reset, not closed as if all were said. */
    void cut(String text) {
        flow.loop().execute(() -> {
            if (!ended && handler != null) {
                handler.onReset(this, ResetReason.ABORTED, text);
            }
            flow.reset(ResetReason.ABORTED, text);
        });
    }

    /** On the loop: whether the flow is over. */
    boolean ended() {
        return ended;
    }

    /** On the loop: runs {@code task} on the loop once the flow is over, after the handler has heard of it. */
    void whenClosed(Runnable task) {
        if (ended) {
            task.run();
        } else {
            whenClosed.add(task);
        }
    }

    @Override
    public void onOpened(Flow same) {
        if (handler != null) {
            handler.onOpened(this);
        }
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        if (handler == null) {
            data.release();
        } else {
            handler.onData(this, data);
        }
    }

    @Override
    public void onFinished(Flow same) {
        if (handler != null) {
            handler.onFinished(this);
        }
    }

    @Override
    public void onWritable(Flow same) {
        if (handler != null) {
            handler.onWritable(this);
        }
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        if (handler != null) {
            handler.onReset(this, why, text);
        }
    }

    @Override
    public void onClosed(Flow same) {
        ended = true;
        ending.close();
        if (handler != null) {
            handler.onClosed(this);
        }
        whenClosed.forEach(Runnable::run);
    }

    @Override
    public FlowKey key() {
        return flow.key();
    }

    @Override
    public EventLoop loop() {
        return flow.loop();
    }

    @Override
    public void handler(FlowHandler next) {
        if (ended) {
            next.onReset(this, ResetReason.ABORTED, "the flow is over");
            next.onClosed(this);
        } else {
            handler = next;
        }
    }

    @Override
    public void opened() {
        flow.opened();
    }

    @Override
    public boolean isWritable() {
        return flow.isWritable();
    }

    @Override
    public void write(ByteBuf data) {
        flow.write(data);
    }

    @Override
    public void finish() {
        flow.finish();
    }

    @Override
    public void reset(ResetReason why, String text) {
        flow.reset(why, text);
    }

    @Override
    public void request(int frames) {
        flow.request(frames);
    }
}

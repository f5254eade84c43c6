package io.telepresence.tunnel.splice;

import io.netty.buffer.ByteBuf;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;

/**
 * Joins two flows end to end: what comes from one goes to the other, credit included. Their loops may differ; the order
 * of data, finish and reset is kept because each direction hops by tasks of one loop.
 */
public final class FlowJoin implements FlowHandler {
    private static final int CREDIT = 4;

    private final Flow from;
    private final Flow to;
    /** Frames taken from {@code from} whose credit has not been given back; only on {@code to}'s loop. */
    private int owed;

    private FlowJoin(Flow from, Flow to) {
        this.from = from;
        this.to = to;
    }

    /**
     * Joins both; from any thread. The handlers of both flows are replaced, so nothing may be requested before.
     */
    public static void join(Flow a, Flow b) {
        FlowJoin ab = new FlowJoin(a, b);
        FlowJoin ba = new FlowJoin(b, a);
        ab.begin(ba);
        ba.begin(ab);
    }

    private void begin(FlowJoin back) {
        on(from, () -> {
            from.handler(new Ends(this, back));
            from.request(CREDIT);
        });
    }

    /** The handler of one flow: data goes one way, news of credit the other. */
    private record Ends(FlowJoin out, FlowJoin back) implements FlowHandler {
        @Override
        public void onData(Flow flow, ByteBuf data) {
            out.onData(flow, data);
        }

        @Override
        public void onFinished(Flow flow) {
            out.onFinished(flow);
        }

        @Override
        public void onWritable(Flow flow) {
            back.repay();
        }

        @Override
        public void onReset(Flow flow, ResetReason why, String text) {
            out.onReset(flow, why, text);
        }
    }

    @Override
    public void onData(Flow flow, ByteBuf data) {
        on(to, () -> {
            to.write(data);
            owed++;
            repay();
        });
    }

    @Override
    public void onFinished(Flow flow) {
        on(to, to::finish);
    }

    @Override
    public void onReset(Flow flow, ResetReason why, String text) {
        on(to, () -> to.reset(why, text));
    }

    private void repay() {
        if (owed > 0 && to.isWritable()) {
            int frames = owed;
            owed = 0;
            from.request(frames);
        }
    }

    private static void on(Flow flow, Runnable task) {
        if (flow.loop().inEventLoop()) {
            task.run();
        } else {
            flow.loop().execute(task);
        }
    }
}

package io.telepresence.userd.engage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.telepresence.rpc.agent.ContainerView;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Answers flows into a pod: the view that it was given, and ports that send back what they get. */
final class FakePod {
    final BlockingQueue<Open> opens = new LinkedBlockingQueue<>();

    /** How many of the next flows are refused, as if no agent were there. */
    volatile int absent;

    /** Questions for the view are not answered, once no more flows are refused. */
    volatile boolean silent;

    volatile ContainerView view = ContainerView.getDefaultInstance();

    void accept(Flow flow, Open open) {
        opens.add(open);
        if (absent > 0) {
            absent--;
            flow.reset(ResetReason.NO_CLIENT, "no agent of echo is there");
        } else if (open.getReach().hasView() && silent) {
            flow.opened();
        } else if (open.getReach().hasView()) {
            flow.opened();
            if (view.getSerializedSize() > 0) {
                flow.write(Unpooled.wrappedBuffer(view.toByteArray()));
            }
            flow.finish();
            flow.handler(new Echo());
            flow.request(10);
        } else if (open.getReach().getPort() == 1) {
            flow.reset(ResetReason.REFUSED, "nothing listens at port 1 of the pod");
        } else {
            flow.opened();
            flow.handler(new Echo());
            flow.request(10);
        }
    }

    private static final class Echo implements FlowHandler {
        @Override
        public void onData(Flow flow, ByteBuf data) {
            flow.write(data);
            flow.request(1);
        }

        @Override
        public void onFinished(Flow flow) {
            flow.finish();
        }

        @Override
        public void onReset(Flow flow, ResetReason why, String text) {
            // Nothing to give back.
        }
    }
}

package io.telepresence.agent.podaccess;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.telepresence.agent.manager.PodAccessCall;
import io.telepresence.agent.podinfo.AppContainer;
import io.telepresence.agent.podinfo.AppPod;
import io.telepresence.agent.podinfo.ViewTranslator;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.splice.ChannelPump;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Sends the view of a container as the whole content of a flow. Its size is that of an environment: a MiB or two. */
final class ViewSender {
    private static final int PATIENCE_SECONDS = 10;

    private final AppPod pod;

    ViewSender(AppPod pod) {
        this.pod = pod;
    }

    void send(PodAccessCall call, AppContainer container) {
        byte[] view = ViewTranslator.view(pod, container).toByteArray();
        call.loop().execute(() -> {
            Peer peer = new Peer();
            Flow flow = call.open(peer);
            peer.expectEnd(flow);
            flow.opened();
            flow.request(1);
            ByteBuf rest = Unpooled.wrappedBuffer(view);
            while (rest.isReadable()) {
                flow.write(rest.readRetainedSlice(Math.min(rest.readableBytes(), ChannelPump.CHUNK)));
            }
            rest.release();
            flow.finish();
        });
    }

    /** Says nothing of interest; must end its direction in time. */
    private static final class Peer implements FlowHandler {
        private ScheduledFuture<?> limit;

        @Override
        public void onData(Flow flow, ByteBuf data) {
            data.release();
            flow.request(1);
        }

        @Override
        public void onClosed(Flow flow) {
            if (limit != null) {
                limit.cancel(false);
            }
        }

        void expectEnd(Flow flow) {
            limit = flow.loop()
                    .schedule(
                            () -> flow.reset(ResetReason.TIMED_OUT, "the view was not taken"),
                            PATIENCE_SECONDS,
                            TimeUnit.SECONDS);
        }
    }
}

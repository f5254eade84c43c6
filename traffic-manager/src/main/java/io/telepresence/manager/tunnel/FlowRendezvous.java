package io.telepresence.manager.tunnel;

import io.netty.buffer.ByteBuf;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.splice.FlowJoin;
import java.util.concurrent.TimeUnit;

/**
 * From fetch to join: waits until the side that fetched says that it has dialled, passes that on to the parked flow,
 * and joins the two. The flows may live on different loops; either may end at any moment.
 */
final class FlowRendezvous implements FlowHandler {
    /** Whoever fetched says sooner itself that its dial takes too long. */
    private static final int DIAL_SECONDS = 20;

    private final TrackedFlow parked;
    private final TrackedFlow fetched;
    private boolean opened;

    FlowRendezvous(TrackedFlow parked, TrackedFlow fetched) {
        this.parked = parked;
        this.fetched = fetched;
    }

    /** On the fetched flow's loop. */
    void begin() {
        fetched.handler(this);
        fetched.whenClosed(() -> parked.reset(ResetReason.ABORTED, "the far end closed the connection"));
        parked.loop().execute(() -> {
            if (parked.ended()) {
                fetched.reset(ResetReason.ABORTED, "the connection is gone");
            } else {
                parked.whenClosed(() -> fetched.reset(ResetReason.ABORTED, "the connection is gone"));
            }
        });
        var limit = fetched.loop().schedule(this::giveUp, DIAL_SECONDS, TimeUnit.SECONDS);
        fetched.whenClosed(() -> limit.cancel(false));
        fetched.request(1);
    }

    private void giveUp() {
        if (!opened) {
            parked.reset(ResetReason.TIMED_OUT, "the far end has not dialled within " + DIAL_SECONDS + " s");
            fetched.reset(ResetReason.TIMED_OUT, "no Opened within " + DIAL_SECONDS + " s");
        }
    }

    @Override
    public void onOpened(Flow same) {
        opened = true;
        // At once where it is the same loop, as the join does: a server that speaks first must not be heard before.
        if (parked.loop().inEventLoop()) {
            parked.opened();
        } else {
            parked.loop().execute(parked::opened);
        }
        FlowJoin.join(parked, fetched);
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        data.release();
        fetched.reset(ResetReason.ABORTED, "data before Opened");
    }

    @Override
    public void onFinished(Flow same) {
        fetched.reset(ResetReason.ABORTED, "finished before Opened");
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        parked.reset(why, text);
    }
}

package io.telepresence.manager.tunnel;

import io.telepresence.manager.session.PeerSession;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.ResetReason;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How long a parked flow waits to be fetched, and what happens when it is. */
record PickupTimeout(Duration limit) {
    private static final Logger LOG = LoggerFactory.getLogger(PickupTimeout.class);

    /**
     * On the flow's loop.
     *
     * @param fetcher who shall come
     * @param why the reason if it does not
     */
    <S extends PeerSession, R> void begin(
            PendingFlows<S, R> flows, PendingFlows.Parked<R> parked, S fetcher, ResetReason why) {
        TrackedFlow flow = parked.flow();
        Runnable giveUp = () -> {
            if (flows.drop(parked.id())) {
                LOG.debug("{}: {} did not fetch it", flow.key(), fetcher);
                flow.reset(why, fetcher + " does not answer");
            }
        };
        var timer = flow.loop().schedule(giveUp, limit.toMillis(), TimeUnit.MILLISECONDS);
        var ending = fetcher.onEnd(() -> flow.loop().execute(giveUp));
        flow.whenClosed(() -> {
            flows.drop(parked.id());
            timer.cancel(false);
            ending.close();
        });
    }

    /** On the fetching flow's loop. */
    static <R> void join(Flow flow, PeerSession fetcher, Optional<PendingFlows.Parked<R>> parked) {
        if (parked.isEmpty()) {
            flow.reset(ResetReason.DENIED, "nothing to fetch under this id");
        } else {
            new FlowRendezvous(parked.get().flow(), new TrackedFlow(flow, fetcher)).begin();
        }
    }
}

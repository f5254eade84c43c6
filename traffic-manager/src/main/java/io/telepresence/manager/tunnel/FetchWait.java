package io.telepresence.manager.tunnel;

import io.telepresence.manager.session.Session;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.Flow;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How long a parked flow waits to be fetched, and what happens when it is. */
record FetchWait(Duration limit) {
    private static final Logger LOG = LoggerFactory.getLogger(FetchWait.class);

    /**
     * On the flow's loop.
     *
     * @param fetcher who shall come
     * @param why the reason if it does not
     */
    <S extends Session, R> void begin(ParkedFlows<S, R> flows, ParkedFlows.Parked<R> parked, S fetcher, Reset.Why why) {
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
    static <R> void join(Flow flow, Session fetcher, Optional<ParkedFlows.Parked<R>> parked) {
        if (parked.isEmpty()) {
            flow.reset(Reset.Why.DENIED, "nothing to fetch under this id");
        } else {
            new Handover(parked.get().flow(), new TrackedFlow(flow, fetcher)).begin();
        }
    }
}

package io.telepresence.manager.webhook;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Whether the API server is known to call the webhook since our start: it does some moments after this pod is ready, when
 * the way of the Service leads here. Pods that are born before get no agent, so none are replaced until then, for a limited
 * time. Thread-safe.
 */
public final class FirstWebhookCall {
    private final CountDownLatch known = new CountDownLatch(1);
    private final long end;

    /** @param limit from now on: after that nobody waits any more */
    FirstWebhookCall(Duration limit) {
        end = System.nanoTime() + limit.toNanos();
    }

    /** It calls us, or nobody can know. */
    void happened() {
        known.countDown();
    }

    /** Whether somebody would have to wait. */
    public boolean pending() {
        return known.getCount() > 0 && System.nanoTime() - end < 0;
    }

    /** Returns when it has happened or the limit is over. */
    public void await() throws InterruptedException {
        known.await(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
}

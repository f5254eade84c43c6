package io.telepresence.manager.auth;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** So many reviews by the API server at a time; so many wait, for so long. Thread-safe; blocks. */
public final class ReviewLane {
    private final Semaphore permits;
    private final int mostWaiting;
    private final Duration patience;
    private final AtomicInteger inside = new AtomicInteger();

    public ReviewLane(int atATime, int mostWaiting, Duration patience) {
        this.permits = new Semaphore(atATime, true);
        this.mostWaiting = mostWaiting + atATime;
        this.patience = patience;
    }

    public interface Work<T> {
        T run() throws FaultException;
    }

    /** @throws FaultException UNREACHABLE: too many wait, or this has waited too long; or what the work throws */
    public <T> T run(Work<T> work) throws FaultException {
        try {
            if (inside.incrementAndGet() > mostWaiting
                    || !permits.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw busy();
            }
            try {
                return work.run();
            } finally {
                permits.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw busy();
        } finally {
            inside.decrementAndGet();
        }
    }

    private static FaultException busy() {
        return Fault.unreachable(
                        "the traffic-manager has too many reviews to wait for", "It will be tried again in a moment")
                .exception();
    }
}

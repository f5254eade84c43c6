package io.telepresence.userd.identity;

import io.telepresence.fault.FaultException;
import io.telepresence.run.Backoff;
import io.telepresence.run.Threads;
import io.telepresence.userd.manager.Proof;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Proves again who the user is, long before the manager forgets it. Owns one thread. */
public final class ProofRenewal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProofRenewal.class);
    private static final Duration EVERY = Duration.ofMinutes(4);
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private final Renewing renewing;
    private final Duration every;
    private final Backoff failures;
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closed;

    /** @param failures waits after a failure */
    private ProofRenewal(Renewing renewing, Duration every, Backoff failures) {
        this.renewing = renewing;
        this.every = every;
        this.failures = failures;
        this.thread = Threads.virtual("renew-proof", this::run);
    }

    /** One renewal; blocks. */
    interface Renewing {
        /** @return for how long it is good; zero: unknown */
        Duration renew() throws FaultException;
    }

    /** The first time after a few minutes. */
    public static ProofRenewal start(Prover prover, Proof.Manager manager) {
        return start(() -> prover.renew(manager), EVERY, new Backoff(Duration.ofSeconds(30), Duration.ofMinutes(2)));
    }

    static ProofRenewal start(Renewing renewing, Duration every, Backoff failures) {
        return new ProofRenewal(renewing, every, failures);
    }

    /** Does not wait for the next time: this machine stood still. */
    public void soon() {
        wake.release();
    }

    /** Nothing is renewed or told any more afterwards; takes at most a second. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            if (!thread.join(CLOSING)) {
                LOG.warn("a proof takes long to end; going on without");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Duration pause = jittered(every);
        try {
            while (!closed) {
                if (wake.tryAcquire(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                    wake.drainPermits();
                }
                pause = renew();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return how long to wait for the next time */
    private Duration renew() {
        try {
            Duration good = renewing.renew();
            failures.reset();
            return jittered(pause(every, good));
        } catch (FaultException e) {
            if (!closed) {
                LOG.warn("the user's identity is not proved again: {}", e.fault());
            }
        } catch (RuntimeException e) {
            LOG.error("the user's identity is not proved again", e);
        }
        return failures.next();
    }

    /** Half of the time for which it is good is left for tries that fail. */
    static Duration pause(Duration every, Duration good) {
        Duration half = good.dividedBy(2);
        return half.isZero() || half.compareTo(every) > 0 ? every : half;
    }

    /** A tenth more or less, so that clients that began together do not stay together. */
    static Duration jittered(Duration pause) {
        long tenth = pause.toNanos() / 10;
        return pause.plusNanos(ThreadLocalRandom.current().nextLong(-tenth, tenth + 1));
    }
}

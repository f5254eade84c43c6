package io.telepresence.userd.identity;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.Backoff;
import io.telepresence.run.Threads;
import io.telepresence.userd.manager.Proof;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Proves again who the user is, long before the manager forgets it. Owns one thread. */
public final class ProofRenewal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProofRenewal.class);
    private static final Duration EVERY = Duration.ofMinutes(4);

    /**
     * When the API server is back after it was away, the manager gives two minutes: then one that was being waited for may have
     * to fail first, and one more must fit.
     */
    private static final Duration MOST_AFTER_SILENCE = Duration.ofSeconds(25);

    private static final Duration CLOSING = Duration.ofSeconds(1);

    private final Renewing renewing;
    private final Duration every;
    private final Failures failures;
    private final Semaphore wake = new Semaphore(0);
    /** Done when the one is over that begins next. */
    private final AtomicReference<CompletableFuture<Void>> next = new AtomicReference<>(new CompletableFuture<>());

    private final Thread thread;
    private volatile boolean closed;

    /**
     * Waits after a failure.
     *
     * @param silence nobody has answered, here or there
     * @param refusal somebody has said no, which trying again does not change soon
     */
    record Failures(Backoff silence, Backoff refusal) {
        Duration next(Fault.Kind kind) {
            if (kind == Fault.Kind.DENIED || kind == Fault.Kind.USER) {
                return refusal.next();
            }
            // What is refused next may be so because the API server has only just begun.
            refusal.reset();
            return silence.next();
        }

        private void reset() {
            silence.reset();
            refusal.reset();
        }
    }

    private ProofRenewal(Renewing renewing, Duration every, Failures failures) {
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
        return start(() -> prover.renew(manager), EVERY, failures());
    }

    static Failures failures() {
        return new Failures(
                new Backoff(Duration.ofSeconds(10), MOST_AFTER_SILENCE),
                new Backoff(Duration.ofSeconds(30), Duration.ofMinutes(2)));
    }

    static ProofRenewal start(Renewing renewing, Duration every, Failures failures) {
        return new ProofRenewal(renewing, every, failures);
    }

    /**
     * Does not wait for the next time: this machine stood still, or somebody wants to know how it stands.
     *
     * @return done, however it has ended, when one is over that begins from now on
     */
    public CompletableFuture<Void> soon() {
        CompletableFuture<Void> over = next.get();
        wake.release();
        return over;
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
                CompletableFuture<Void> over = next.getAndSet(new CompletableFuture<>());
                try {
                    pause = renew();
                } finally {
                    over.complete(null);
                }
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
            return failures.next(e.fault().kind());
        } catch (RuntimeException e) {
            LOG.error("the user's identity is not proved again", e);
        }
        return failures.next(Fault.Kind.INTERNAL);
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

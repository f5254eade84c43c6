package io.telepresence.rootd;

import io.grpc.stub.ServerCallStreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rootd.session.Host;
import io.telepresence.rootd.session.NetworkSession;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One {@code Session} call: a thread of its own takes the newest configuration, applies it and answers with the state
 * reached. When the call ends, for whatever reason, the session is closed and {@code done} runs.
 */
final class SessionRunner {
    private static final Logger LOG = LoggerFactory.getLogger(SessionRunner.class);
    private static final Duration TICK = Duration.ofSeconds(3);

    private final Host machine;
    private final ServerCallStreamObserver<NetworkStatus> replies;
    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile NetworkSession session;
    private NetworkConfig wished;
    private boolean ended;

    SessionRunner(Host machine, ServerCallStreamObserver<NetworkStatus> replies) {
        this.machine = machine;
        this.replies = replies;
    }

    /**
     * The machine is put right before the caller hears that the call has ended, and by then another one may begin.
     *
     * @param done called once, after the machine is as it was, and before the call ends
     */
    void start(Runnable done) {
        Threads.virtual("session", () -> {
            Optional<FaultException> failure = run();
            close();
            finished.countDown();
            done.run();
            reply(failure);
        });
    }

    synchronized void wish(NetworkConfig config) {
        wished = config;
        notifyAll();
    }

    synchronized void end() {
        ended = true;
        cancelled.complete(null);
        notifyAll();
    }

    /** Ends the session and waits until the machine is as it was, for a second at most. */
    void endAndAwait() {
        end();
        try {
            if (!finished.await(1, TimeUnit.SECONDS)) {
                LOG.warn("the session takes long to close");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    Optional<NetworkStatus> status() {
        NetworkSession now = session;
        return now == null ? Optional.empty() : Optional.of(now.status());
    }

    /** Never throws; empty: the session ended in order. */
    private Optional<FaultException> run() {
        try {
            serve();
            return Optional.empty();
        } catch (FaultException e) {
            LOG.error("the session failed: {}", e.fault(), e);
            return Optional.of(e);
        } catch (RuntimeException | Error e) {
            LOG.error("the session failed", e);
            return Optional.of(Fault.internal("the root daemon failed: " + e).exception(e));
        }
    }

    private void serve() throws FaultException {
        NetworkStatus sent = NetworkStatus.getDefaultInstance();
        while (!isEnded()) {
            Optional<NetworkConfig> next = await(session == null ? Duration.ofDays(1) : TICK);
            if (isEnded()) {
                break;
            }
            if (next.isPresent()) {
                reach(next.get());
            } else if (session != null) {
                session.tick();
            }
            NetworkStatus now = session == null ? sent : session.status();
            if (next.isPresent() || !withoutCounts(now).equals(withoutCounts(sent))) {
                replies.onNext(now);
                sent = now;
            }
        }
    }

    private void reach(NetworkConfig config) throws FaultException {
        long start = System.nanoTime();
        if (session != null && !session.accepts(config)) {
            close();
        }
        if (session == null) {
            session = NetworkSession.open(machine, config, cancelled);
        } else {
            session.apply(config);
        }
        LOG.info("the wished network is reached in {} ms", (System.nanoTime() - start) / 1_000_000);
    }

    private void reply(Optional<FaultException> failure) {
        if (replies.isCancelled()) {
            return;
        }
        if (failure.isPresent()) {
            replies.onError(FaultStatus.toStatus(failure.get()));
        } else {
            replies.onCompleted();
        }
    }

    private void close() {
        NetworkSession now = session;
        session = null;
        if (now == null) {
            return;
        }
        long start = System.nanoTime();
        try {
            now.close();
        } catch (Exception e) {
            LOG.warn("while closing the session", e);
        }
        machine.log().undoAll();
        LOG.info("session closed in {} ms", (System.nanoTime() - start) / 1_000_000);
    }

    private synchronized boolean isEnded() {
        return ended;
    }

    private synchronized Optional<NetworkConfig> await(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        try {
            for (long left = time.toMillis(); wished == null && !ended && left > 0; ) {
                wait(left);
                left = (end - System.nanoTime()) / 1_000_000;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ended = true;
        }
        NetworkConfig next = wished;
        wished = null;
        return Optional.ofNullable(next);
    }

    private static NetworkStatus withoutCounts(NetworkStatus status) {
        return status.toBuilder().clearOpenFlows().clearTotalFlows().build();
    }
}

package io.telepresence.userd.connect;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.userd.apiserver.ManagerPods;
import io.telepresence.userd.connect.ConnectState.Event;
import io.telepresence.userd.health.HealthWarning;
import io.telepresence.userd.health.HealthWarnings;
import io.telepresence.userd.identity.Prover;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Owns the one connection of this daemon. Thread-safe; a disconnect interrupts a connect that is under way. */
public final class Connector {
    private static final Logger LOG = LoggerFactory.getLogger(Connector.class);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private static final Duration PROOF_PATIENCE = Duration.ofSeconds(30);
    private static final Duration RESUMED_WITHIN = Duration.ofSeconds(5);

    /** So long a disconnect waits for a connect that it has cancelled. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final DaemonPaths place;
    private final HealthWarnings health = new HealthWarnings();
    private volatile long askedNanos = System.nanoTime();
    private ConnectState state = ConnectState.IDLE;
    private Thread connecting;
    private Identity identity;
    private ClusterSession session;

    public Connector(DaemonPaths place) {
        this.place = place;
    }

    public DaemonPaths place() {
        return place;
    }

    public HealthWarnings health() {
        return health;
    }

    /** The user has asked for something. */
    public void asked() {
        askedNanos = System.nanoTime();
    }

    private long idleMillis() {
        return (System.nanoTime() - askedNanos) / 1_000_000;
    }

    /**
     * A connection.
     *
     * @param already whether it was there before
     * @param warnings what the user should hear of
     */
    public record Outcome(ClusterSession session, boolean already, List<String> warnings) {}

    /** Connects, or finds that this is so already. Blocks. */
    public Outcome connect(ConnectParameters request, Consumer<String> progress) throws FaultException {
        if (request.reuseOnly()) {
            return new Outcome(live(progress), true, List.of());
        }
        Plan plan = Plan.of(request, place);
        Optional<ClusterSession> same = begin(plan.identity());
        if (same.isPresent()) {
            renew(same.get(), plan, progress);
            map(same.get(), plan.identity().mapped());
            return new Outcome(live(progress), true, unproved(same.get()));
        }
        try {
            ClusterSession made = new ConnectSteps(
                            place, health, plan, new ConnectSteps.Asked(request, progress), this::idleMillis)
                    .run();
            return new Outcome(up(made, plan.identity()), false, made.facts().warnings());
        } catch (FaultException e) {
            clearHealth();
            if (cancelled()) {
                LOG.info("the connect was cancelled", e);
                throw Fault.user("the connect was cancelled", "").exception(e);
            }
            LOG.warn("not connected: {}", e.fault(), e);
            throw e;
        } finally {
            end();
        }
    }

    /**
     * Takes over the credentials; where something is wrong with the user's proof, it is made again before anybody goes on. Who
     * has had no right to make one may have it by now, but is served all the same, and need not wait.
     */
    private void renew(ClusterSession same, Plan plan, Consumer<String> progress) throws FaultException {
        boolean refused = same.server().trouble().get().isPresent();
        boolean wrong = !unproved(same).isEmpty();
        Prover.Way way = same.prover().way();
        same.server().renew(plan.target());
        if (!refused && !wrong && way != Prover.Way.NO_RIGHT) {
            return;
        }
        CompletableFuture<Void> proved = same.link().awoke();
        if (wrong && way != Prover.Way.NOT_ASKED) {
            progress.accept("Proving to the traffic-manager who you are");
            awaitProof(proved);
        }
    }

    /** For so long as it takes, or as anybody has patience: what is wrong then is told. */
    private void awaitProof(CompletableFuture<Void> proved) throws FaultException {
        long end = System.nanoTime() + PROOF_PATIENCE.toNanos();
        while (!proved.isDone() && System.nanoTime() - end < 0) {
            pause();
        }
        // With the proof a session that the manager has ended comes back.
        long resumed = System.nanoTime() + RESUMED_WITHIN.toNanos();
        while (onlyResuming() && System.nanoTime() - resumed < 0) {
            pause();
        }
    }

    private boolean onlyResuming() {
        return health.has(HealthWarning.SESSION)
                && !health.has(HealthWarning.IDENTITY)
                && !health.has(HealthWarning.UNKNOWN_USER);
    }

    /** What is wrong with the user's proof now, and need not be; empty: nothing. */
    private List<String> unproved(ClusterSession same) {
        boolean provable = same.prover().way() == Prover.Way.OPEN;
        return Stream.of(HealthWarning.IDENTITY, HealthWarning.UNKNOWN_USER, HealthWarning.SESSION)
                .filter(trouble -> provable || trouble != HealthWarning.UNKNOWN_USER)
                .flatMap(trouble -> health.sentence(trouble).stream())
                .toList();
    }

    /** Who names no namespaces leaves them as they are. */
    private static void map(ClusterSession same, List<String> wanted) {
        if (!wanted.isEmpty()) {
            same.facts().mapped().set(Identity.limit(wanted));
        }
    }

    /** The connection; a fault when there is none. */
    public synchronized ClusterSession session() throws FaultException {
        if (session == null) {
            throw Fault.user("not connected", "Run: telepresence connect").exception();
        }
        return session;
    }

    public synchronized Optional<ClusterSession> current() {
        return Optional.ofNullable(session);
    }

    /** Whether a connect is under way, a connection is there, or it has lost the manager. */
    public synchronized String statusText() {
        return switch (state) {
            case IDLE, CLOSED, CONNECTING -> "Not connected";
            case CONNECTED -> "Connected";
            case RECONNECTING -> HealthWarning.MANAGER_LINK.say("");
        };
    }

    /** The same as {@link #disconnect}, for good: no connect begins any more. */
    public boolean quit() {
        synchronized (this) {
            state = ConnectState.next(state, Event.QUIT);
        }
        return disconnect();
    }

    /**
     * Ends the connection, or the try to make one; true: there was one. Afterwards the next connect may begin, unless what
     * was opened takes longer than five seconds to close.
     */
    public boolean disconnect() {
        ClusterSession last;
        Thread cancelled;
        boolean was;
        synchronized (this) {
            was = session != null || connecting != null;
            last = session;
            session = null;
            identity = null;
            state = ConnectState.next(state, Event.DISCONNECT);
            cancelled = connecting;
            if (cancelled != null) {
                cancelled.interrupt();
            }
        }
        if (last != null) {
            last.close();
            LOG.info("disconnected");
        }
        awaitEnd(cancelled);
        clearHealth();
        return was;
    }

    private void clearHealth() {
        for (HealthWarning trouble : HealthWarning.values()) {
            health.clear(trouble);
        }
    }

    private synchronized void awaitEnd(Thread cancelled) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (cancelled != null && cancelled == connecting) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    LOG.warn("a cancelled connect takes long to end; going on without");
                    return;
                }
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Optional<ClusterSession> begin(Identity wanted) throws FaultException {
        if (state == ConnectState.CLOSED) {
            throw Fault.user("the user daemon is ending", "Run: telepresence connect")
                    .exception();
        }
        if (session != null) {
            if (identity.same(wanted)) {
                return Optional.of(session);
            }
            throw other(identity, wanted).exception();
        }
        if (connecting != null) {
            throw Fault.user("another connect is under way", "").exception();
        }
        connecting = Thread.currentThread();
        state = ConnectState.next(state, Event.CONNECT);
        return Optional.empty();
    }

    static Fault other(Identity now, Identity wanted) {
        String differences = String.join("; ", now.differences(wanted));
        return now.sameCluster(wanted)
                ? Fault.user(
                        "already connected, with " + differences,
                        "Run \"telepresence quit\" first, or have both at once with: telepresence connect --docker --name"
                                + " NAME")
                : Fault.user(
                        "Cluster configuration changed, please quit telepresence and reconnect: connected with "
                                + differences,
                        "Run \"telepresence quit\" first");
    }

    /**
     * The connection, once it has its manager: waits while it is lost, for {@code timeouts.trafficManagerConnect} at most,
     * and not at all where it would not come back by itself.
     *
     * @param progress gets a sentence if there is something to wait for
     */
    public ClusterSession live(Consumer<String> progress) throws FaultException {
        ClusterSession now = session();
        Duration limit = now.facts().config().timeouts().managerConnect();
        long end = System.nanoTime() + limit.toNanos();
        boolean told = false;
        while (!reaches(now)) {
            if (health.has(HealthWarning.NODE)) {
                throwIfLost(now.pods());
            }
            if (!told) {
                told = true;
                progress.accept("Reconnecting to the traffic-manager");
            }
            if (System.nanoTime() - end > 0) {
                throw Fault.unreachable(
                                HealthWarning.MANAGER_LINK.say("") + ": it is not back after " + limit.toSeconds()
                                        + " s",
                                "The limit can be configured as \"timeouts.trafficManagerConnect\"; see: telepresence"
                                        + " status")
                        .exception();
            }
            pause();
            if (session() != now) {
                throw Fault.user("the connection was ended meanwhile", "Run: telepresence connect")
                        .exception();
            }
        }
        return now;
    }

    /** Looks again: somebody may have done meanwhile what the warning says. */
    private static void throwIfLost(ManagerPods pods) throws FaultException {
        Optional<Fault> lost = pods.stillLost();
        if (lost.isPresent()) {
            throw Fault.unreachable(HealthWarning.NODE.say(lost.get().toString()), "")
                    .exception();
        }
    }

    /** The same after a call has failed: a moment later, so that whoever asks again and again does not spin. */
    public ClusterSession liveAgain() throws FaultException {
        pause();
        return live(_ -> {});
    }

    private synchronized boolean reaches(ClusterSession now) {
        return state == ConnectState.CONNECTED && now.link().resumed();
    }

    private static void pause() throws FaultException {
        try {
            Thread.sleep(LOOK_AGAIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.user("cancelled", "").exception(e);
        }
    }

    private ClusterSession up(ClusterSession made, Identity wanted) throws FaultException {
        boolean cancelled;
        synchronized (this) {
            cancelled = state != ConnectState.CONNECTING;
            if (!cancelled) {
                session = made;
                identity = wanted;
                state = ConnectState.next(state, Event.UP);
            }
        }
        if (cancelled) {
            made.close();
            throw Fault.user("the connect was cancelled", "").exception();
        }
        made.closers().add(made.link().carriers().up().watch(this::linkChanged));
        return made;
    }

    private synchronized void linkChanged(boolean up) {
        state = ConnectState.next(state, up ? Event.LINK_BACK : Event.LINK_LOST);
        if (up) {
            health.clear(HealthWarning.MANAGER_LINK);
        } else if (session != null) {
            health.raise(HealthWarning.MANAGER_LINK, "");
        }
    }

    private synchronized boolean cancelled() {
        return state != ConnectState.CONNECTING;
    }

    private synchronized void end() {
        connecting = null;
        notifyAll();
        state = ConnectState.next(state, Event.FAILED);
    }
}

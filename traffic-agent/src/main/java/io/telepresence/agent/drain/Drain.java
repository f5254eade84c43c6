package io.telepresence.agent.drain;

import io.telepresence.engagement.Port;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The rule by which an agent ends that was asked to (SIGTERM). A port accepts as long as the application listens there;
 * one whose connections a client takes also until no new connection has come for a moment, since callers hear only
 * after the pod began to end that it does. When no port accepts any more, it waits for the connections that are open.
 * All of it ends at the deadline. One thread.
 */
public final class Drain {
    /** How often the application's sockets are looked at. */
    static final Duration LOOK = Duration.ofMillis(200);

    /** The same, once only connections are waited for. */
    static final Duration COUNT = Duration.ofMillis(20);

    /** How long no new connection has come to an engaged port whose application does not listen. */
    static final Duration QUIET = Duration.ofSeconds(1);

    /** The same where the application's container was replaced: nothing but the client's program serves there. */
    static final Duration QUIET_REPLACED = Duration.ofSeconds(3);

    private final List<? extends DrainedPort> ports;
    private final Listening listening;
    private final Time time;
    private final Runnable closed;

    /** One port that the agent serves. */
    public interface DrainedPort {
        Port app();

        /** The application's container was replaced: the agent itself listens in its place. */
        boolean replaced();

        /** Whether a client takes what comes to it. */
        boolean engaged();

        /** When the last connection came, as {@link Time#nanos}. */
        long lastNewNanos();

        /** Connections that are open now. */
        int open();

        /** Refuses new connections from now on; those that are open stay. Called once. */
        void stopAccepting();
    }

    /** What the application listens on. */
    @FunctionalInterface
    public interface Listening {
        /** Those of the asked ports on which a process of the pod listens now; may block for a moment. */
        Set<Port> of(List<Port> asked);
    }

    /** How a drain ended. */
    public enum Outcome {
        /** Nothing accepts, nothing is open. */
        DRAINED,
        /** The deadline came first. */
        OUT_OF_TIME
    }

    /** @param closed called once, when the last port has stopped accepting or the deadline has come */
    public Drain(List<? extends DrainedPort> ports, Listening listening, Time time, Runnable closed) {
        this.ports = List.copyOf(ports);
        this.listening = listening;
        this.time = time;
        this.closed = closed;
    }

    /**
     * Blocks until the agent may end.
     *
     * @param deadline as {@link Time#nanos}; asked again at each look, since a deletion may be shortened
     */
    public Outcome await(LongSupplier deadline) {
        long begin = time.nanos();
        List<DrainedPort> accepting = new ArrayList<>(ports);
        boolean inTime = true;
        while (inTime && stop(accepting, begin)) {
            inTime = pause(LOOK, deadline);
        }
        closed.run();
        while (inTime && isOpen()) {
            inTime = pause(COUNT, deadline);
        }
        return inTime ? Outcome.DRAINED : Outcome.OUT_OF_TIME;
    }

    /** Stops what need not accept any more; says whether something still accepts. */
    private boolean stop(List<DrainedPort> accepting, long begin) {
        Set<Port> listened = listening.of(accepting.stream()
                .filter(p -> !p.replaced())
                .map(DrainedPort::app)
                .toList());
        accepting.removeIf(port -> {
            boolean over = !listened.contains(port.app()) && !isAwaited(port, begin);
            if (over) {
                port.stopAccepting();
            }
            return over;
        });
        return !accepting.isEmpty();
    }

    /** Whether callers that do not know yet that the pod ends may still come, and be served. */
    private boolean isAwaited(DrainedPort port, long begin) {
        if (!port.engaged()) {
            return false;
        }
        long last = port.lastNewNanos();
        long since = time.nanos() - (last - begin > 0 ? last : begin);
        return since < (port.replaced() ? QUIET_REPLACED : QUIET).toNanos();
    }

    private boolean isOpen() {
        return ports.stream().anyMatch(port -> port.open() > 0);
    }

    /** False: the deadline has come. */
    private boolean pause(Duration length, LongSupplier deadline) {
        long left = deadline.getAsLong() - time.nanos();
        if (left > 0) {
            time.pause(left < length.toNanos() ? Duration.ofNanos(left) : length);
        }
        return deadline.getAsLong() - time.nanos() > 0;
    }
}

package io.telepresence.agent.drain;

import java.time.Duration;

/**
 * How long the kubelet lets the containers of this pod go on once the pod is deleted. The pod's specification says it;
 * a deletion may say something else ({@code kubectl delete --grace-period}), which the traffic-manager tells. Thread-safe.
 */
public final class GracePeriod {
    /** What Kubernetes takes where nothing is said. */
    public static final Duration USUAL = Duration.ofSeconds(30);

    /** Kept free at the end: a second for ending in order, and one before the kubelet kills. */
    private static final Duration MARGIN = Duration.ofSeconds(2);

    private final Time time;
    private Duration length;
    private boolean begun;
    private boolean told;
    private long begin;
    private long deadline;

    /** @param written in the pod's specification; zero: nothing */
    public GracePeriod(Duration written, Time time) {
        this.length = written.isZero() ? USUAL : written;
        this.time = time;
    }

    /** The deletion of the pod has begun so long ago. Counts once. */
    public synchronized void begin(Duration ago) {
        if (!begun) {
            begun = true;
            begin = time.nanos() - ago.toNanos();
            deadline = begin + usable(length);
        }
    }

    /** The deletion grants that much; a later one may only shorten what is left. Said again, it changes nothing. */
    public synchronized void granted(Duration grace) {
        if (told && grace.equals(length)) {
            return;
        }
        if (begun) {
            long from = told ? time.nanos() : begin;
            long next = from + usable(grace);
            deadline = told && next - deadline > 0 ? deadline : next;
        }
        told = true;
        length = grace;
    }

    /** By when the agent must begin to end, as {@link Time#nanos}; call {@link #begin} first. */
    public synchronized long deadlineNanos() {
        return deadline;
    }

    private static long usable(Duration grace) {
        Duration margin = grace.compareTo(MARGIN.multipliedBy(2)) < 0 ? grace.dividedBy(2) : MARGIN;
        return grace.minus(margin).toNanos();
    }
}

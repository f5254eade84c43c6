package io.telepresence.agent.report;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts since each engagement began, and the verdicts that have not been told yet, the last 50 of them. The counts of
 * an engagement that is gone are told once more; if its id comes again, it begins at zero.
 */
public final class TrafficReport implements TrafficRecorder {
    private static final int MOST = 50;
    private static final int LONGEST = 1024;

    private final Map<String, Counters> counters = new ConcurrentHashMap<>();
    private final Map<String, Counters> gone = new ConcurrentHashMap<>();
    private final Deque<Seen> seen = new ArrayDeque<>();
    private volatile Set<String> engaged = Set.of();

    /**
     * What was done for one engagement since it began here.
     *
     * @param delivered connections, requests or tapped datagrams that went to the laptop
     * @param dropped those that were not copied, or not to their end
     * @param failedOpen requests that went to the app because the laptop did not answer
     */
    public record Count(String engagementId, long delivered, long dropped, long failedOpen) {}

    /**
     * A verdict and its time.
     *
     * @param timeMillis Unix time
     */
    public record Seen(long timeMillis, RequestVerdict verdict) {}

    /**
     * What one heartbeat tells.
     *
     * @param counts of every engagement that has any
     * @param seen oldest first
     */
    public record Batch(List<Count> counts, List<Seen> seen) {}

    @Override
    public void delivered(String engagementId) {
        of(engagementId).delivered.increment();
    }

    @Override
    public void dropped(String engagementId) {
        of(engagementId).dropped.increment();
    }

    @Override
    public void failedOpen(String engagementId) {
        of(engagementId).failedOpen.increment();
    }

    @Override
    public void verdict(RequestVerdict verdict) {
        Seen now = new Seen(System.currentTimeMillis(), shortened(verdict));
        synchronized (seen) {
            if (seen.size() == MOST) {
                seen.poll();
            }
            seen.add(now);
        }
    }

    /** The engagements that exist now, as the manager says. */
    public void engaged(Set<String> ids) {
        engaged = Set.copyOf(ids);
        gone.keySet().removeAll(ids);
        for (String id : counters.keySet()) {
            if (!ids.contains(id)) {
                gone.put(id, counters.remove(id));
            }
        }
    }

    /** What there is to tell; the verdicts are taken out, so {@link #told} or {@link #putBack} must follow. */
    public Batch take() {
        List<Count> counts = new ArrayList<>();
        counters.forEach((id, of) -> counts.add(of.sums(id)));
        gone.forEach((id, of) -> counts.add(of.sums(id)));
        synchronized (seen) {
            List<Seen> verdicts = List.copyOf(seen);
            seen.clear();
            return new Batch(counts, verdicts);
        }
    }

    /** The manager knows it. */
    public void told(Batch batch) {
        batch.counts().forEach(count -> gone.remove(count.engagementId()));
    }

    /** The manager does not know it: its verdicts come again, unless newer ones fill the room. */
    public void putBack(Batch batch) {
        synchronized (seen) {
            for (Seen old : batch.seen().reversed()) {
                if (seen.size() < MOST) {
                    seen.addFirst(old);
                }
            }
        }
    }

    private Counters of(String engagementId) {
        Map<String, Counters> where = engaged.contains(engagementId) ? counters : gone;
        Counters found = where.get(engagementId);
        return found != null ? found : where.computeIfAbsent(engagementId, id -> new Counters());
    }

    /** Callers choose method and path: fifty long ones must not make a heartbeat heavy. */
    private static RequestVerdict shortened(RequestVerdict verdict) {
        if (verdict.method().length() <= LONGEST && verdict.path().length() <= LONGEST) {
            return verdict;
        }
        return new RequestVerdict(
                verdict.containerPort(),
                shortened(verdict.method()),
                shortened(verdict.path()),
                verdict.engagementId(),
                verdict.tapIds(),
                verdict.failedOpen());
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }

    private static final class Counters {
        private final LongAdder delivered = new LongAdder();
        private final LongAdder dropped = new LongAdder();
        private final LongAdder failedOpen = new LongAdder();

        Count sums(String engagementId) {
            return new Count(engagementId, delivered.sum(), dropped.sum(), failedOpen.sum());
        }
    }
}

package io.telepresence.manager.report;

import io.telepresence.engagement.TrafficCount;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionRegistry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * What agents have done for engagements, as they report it: sums for each engagement, and the last verdicts of each
 * agent. Any thread.
 */
public final class TrafficStats {
    private static final int MOST_VERDICTS = 200;
    private static final int LONGEST_TEXT = 2048;

    private final SessionRegistry sessions;
    private final Map<String, WorkloadRef> engaged = new HashMap<>();
    private final Map<String, Map<String, Entry>> byEngagement = new HashMap<>();
    private final Map<AgentSession, Deque<Verdict>> verdicts = new HashMap<>();
    private final Set<Runnable> watchers = ConcurrentHashMap.newKeySet();
    private volatile Map<String, TrafficCount> counts = Map.of();

    public TrafficStats(EngagementRegistry engagements, SessionRegistry sessions) {
        this.sessions = sessions;
        engagements.all().watch(this::engaged);
    }

    /**
     * Where one HTTP request went.
     *
     * @param timeMillis Unix time
     * @param engagementId of the one that took it; empty: the application
     * @param tapIds of the wiretaps that got a copy
     */
    public record Verdict(
            long timeMillis,
            String pod,
            int containerPort,
            String method,
            String path,
            String engagementId,
            List<String> tapIds,
            boolean failedOpen) {
        public Verdict {
            tapIds = List.copyOf(tapIds);
            method = cut(method);
            path = cut(path);
        }

        private static String cut(String text) {
            return text.substring(0, Math.min(text.length(), LONGEST_TEXT));
        }
    }

    /** @param base of earlier lives of the agent's container */
    private record Entry(TrafficCount base, TrafficCount last) {
        Entry next(TrafficCount now) {
            return now.before(last) ? new Entry(base.plus(last), now) : new Entry(base, now);
        }

        TrafficCount sum() {
            return base.plus(last);
        }
    }

    /**
     * An agent tells what it has done.
     *
     * @param since each engagement began there, or the agent started; those of other workloads do not count
     * @param recent since it told us before, oldest first
     */
    public void report(AgentSession agent, Map<String, TrafficCount> since, List<Verdict> recent) {
        Map<String, TrafficCount> before = counts;
        synchronized (this) {
            since.forEach((id, count) -> {
                if (agent.agent().workload().equals(engaged.get(id))) {
                    byEngagement
                            .computeIfAbsent(id, _ -> new HashMap<>())
                            .merge(
                                    agent.agent().podUid(),
                                    new Entry(TrafficCount.NONE, count),
                                    (old, _) -> old.next(count));
                }
            });
            sum();
            remember(agent, recent);
        }
        if (!counts.equals(before)) {
            watchers.forEach(Runnable::run);
        }
    }

    /** One that ends and comes again under its old id begins at zero. */
    private synchronized void engaged(List<RegisteredEngagement> all) {
        engaged.clear();
        all.forEach(e -> engaged.put(e.id(), e.workload()));
        if (byEngagement.keySet().retainAll(engaged.keySet())) {
            sum();
        }
    }

    private void sum() {
        counts = byEngagement.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, e -> e.getValue().values().stream()
                        .map(Entry::sum)
                        .reduce(TrafficCount.NONE, TrafficCount::plus)));
    }

    private void remember(AgentSession agent, List<Verdict> recent) {
        if (recent.isEmpty() || agent.ended()) {
            return;
        }
        Deque<Verdict> kept = verdicts.computeIfAbsent(agent, this::forgetAtEnd);
        recent.forEach(verdict -> {
            kept.addLast(verdict);
            if (kept.size() > MOST_VERDICTS) {
                kept.removeFirst();
            }
        });
    }

    private Deque<Verdict> forgetAtEnd(AgentSession agent) {
        agent.onEnd(() -> {
            synchronized (this) {
                verdicts.remove(agent);
            }
        });
        return new ArrayDeque<>();
    }

    /** By engagement; only where something was counted. */
    public Map<String, TrafficCount> counts() {
        return counts;
    }

    public Optional<TrafficCount> count(String engagementId) {
        return Optional.ofNullable(counts.get(engagementId));
    }

    /** Calls {@code changed} after the counts have changed; it must be quick. */
    public AutoCloseable watch(Runnable changed) {
        watchers.add(changed);
        return () -> watchers.remove(changed);
    }

    /** The last verdicts of all agents of a workload, oldest first. */
    List<Verdict> recent(WorkloadRef workload, int most) {
        List<Verdict> all = new ArrayList<>();
        synchronized (this) {
            sessions.agents(workload).forEach(agent -> all.addAll(verdicts.getOrDefault(agent, new ArrayDeque<>())));
        }
        all.sort(Comparator.comparingLong(Verdict::timeMillis));
        return List.copyOf(all.subList(Math.max(0, all.size() - most), all.size()));
    }
}

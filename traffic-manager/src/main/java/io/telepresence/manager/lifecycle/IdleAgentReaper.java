package io.telepresence.manager.lifecycle;

import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.session.SessionRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes agents out of workloads that no one has engaged for long. One thread. */
public final class IdleAgentReaper {
    private static final Logger LOG = LoggerFactory.getLogger(IdleAgentReaper.class);

    private final SessionRegistry sessions;
    private final EngagementRegistry engagements;
    private final Uninstaller uninstaller;
    private final Duration most;
    private final Map<WorkloadRef, Instant> idleSince = new HashMap<>();

    /** @param most how long they may be idle; zero: for ever */
    public IdleAgentReaper(
            SessionRegistry sessions, EngagementRegistry engagements, Uninstaller uninstaller, Duration most) {
        this.sessions = sessions;
        this.engagements = engagements;
        this.uninstaller = uninstaller;
        this.most = most;
    }

    /** Called every few seconds; blocks while replacements are asked for. */
    public void sweep(Instant now) throws InterruptedException {
        if (most.isZero()) {
            return;
        }
        Set<WorkloadRef> engaged = engagements.all().get().stream()
                .map(RegisteredEngagement::workload)
                .collect(Collectors.toSet());
        Set<WorkloadRef> idle = sessions.agents().stream()
                .map(a -> a.agent().workload())
                .filter(w -> !engaged.contains(w))
                .collect(Collectors.toSet());
        idleSince.keySet().retainAll(idle);
        idle.forEach(workload -> idleSince.putIfAbsent(workload, now));
        for (WorkloadRef workload : List.copyOf(idleSince.keySet())) {
            if (Duration.between(idleSince.get(workload), now).compareTo(most) > 0) {
                idleSince.put(workload, now);
                remove(workload);
            }
        }
    }

    private void remove(WorkloadRef workload) throws InterruptedException {
        try {
            LOG.info("no one has engaged {} for {} s: its agents go", workload, most.toSeconds());
            uninstaller.remove(workload);
        } catch (FaultException e) {
            LOG.warn("the agents of {} stay", workload, e);
        }
    }
}

package io.telepresence.manager.readiness;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionRegistry;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A limit that starts anew as long as the pods of a workload get further, each step counted once, so that a container
 * that crashes again and again is no progress. It is over after five times the limit in any case; but it does not run while a
 * pod waits for the end of an earlier one, for which whoever replaces the pods has a limit. For one thread.
 */
final class PodProgress {
    private static final int MOST = 5;

    private final WorkloadRef workload;
    private final Workloads workloads;
    private final SessionRegistry sessions;
    private final long limit;
    private final Set<String> steps = new HashSet<>();
    private long end;
    private long next;

    PodProgress(WorkloadRef workload, Workloads workloads, SessionRegistry sessions, Duration limit) {
        this.workload = workload;
        this.workloads = workloads;
        this.sessions = sessions;
        this.limit = limit.toNanos();
        this.end = System.nanoTime() + this.limit * MOST;
        this.next = System.nanoTime() + this.limit;
        look();
    }

    /** Looks at the pods, and says whether the time is over. */
    boolean over() {
        long now = System.nanoTime();
        if (look()) {
            next = now + limit;
        }
        if (waiting()) {
            next = now + limit;
            end = now + limit * MOST;
        }
        return now - next > 0 || now - end > 0;
    }

    private boolean look() {
        int before = steps.size();
        pods().forEach(this::look);
        for (AgentSession agent : sessions.agents(workload)) {
            steps.add(agent.agent().podUid() + " agent " + agent.watching());
        }
        return steps.size() > before;
    }

    private boolean waiting() {
        return pods().anyMatch(Pods::waiting);
    }

    private Stream<Pod> pods() {
        return Stream.concat(
                workloads.pods(workload).stream(),
                workloads.replacedIn(workload.namespace()).stream().filter(p -> Pods.replacedOf(p, workload)));
    }

    private void look(Pod pod) {
        String uid = pod.getMetadata().getUid();
        steps.add(uid + " replaced " + Pods.replaced(pod));
        if (pod.getStatus() == null) {
            return;
        }
        steps.add(uid + " phase " + pod.getStatus().getPhase());
        pod.getStatus().getConditions().stream()
                .filter(c -> "True".equals(c.getStatus()))
                .forEach(c -> steps.add(uid + " " + c.getType()));
        pod.getStatus().getContainerStatuses().stream()
                .filter(c -> Boolean.TRUE.equals(c.getReady()))
                .forEach(c -> steps.add(uid + " ready " + c.getName()));
        pod.getStatus().getInitContainerStatuses().stream()
                .filter(c -> Boolean.TRUE.equals(c.getReady()))
                .forEach(c -> steps.add(uid + " ready " + c.getName()));
    }
}

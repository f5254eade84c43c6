package io.telepresence.manager.sidecar;

import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Which workloads want agents in their pods. A workload counts by its UID: a later one of the same name begins anew. One
 * that is not there (any more) wants nothing. Any thread.
 *
 * <p>Only an engagement leads from DISMISSED to anything else: an agent that arrives never does.
 */
final class SidecarStates {
    private final Workloads workloads;
    private final Map<WorkloadRef, Entry> entries = new ConcurrentHashMap<>();

    private enum State {
        /** Somebody waits for agents; it may come to nothing. */
        PROVISIONAL,
        /** Agents have served an engagement, or were there when this manager started. They stay. */
        CONFIRMED,
        /** An engagement failed, or they were uninstalled: agents that are there go. */
        DISMISSED
    }

    private record Entry(String uid, State state) {
        boolean wanted() {
            return state != State.DISMISSED;
        }
    }

    SidecarStates(Workloads workloads) {
        this.workloads = workloads;
    }

    void provisionally(WorkloadRef workload) {
        change(workload, state -> state == State.CONFIRMED ? state : State.PROVISIONAL);
    }

    void confirm(WorkloadRef workload) {
        change(workload, _ -> State.CONFIRMED);
    }

    /** @return false: it is confirmed, or dismissed already */
    boolean withdraw(WorkloadRef workload) {
        boolean[] done = new boolean[1];
        change(workload, state -> {
            done[0] = state == State.PROVISIONAL;
            return done[0] ? State.DISMISSED : state;
        });
        return done[0];
    }

    void dismiss(WorkloadRef workload) {
        change(workload, _ -> State.DISMISSED);
    }

    /**
     * A pod with an agent is there.
     *
     * @param dismissed the pod itself says that its agent is to go
     */
    void found(WorkloadRef workload, boolean dismissed) {
        change(workload, state -> {
            if (state != null) {
                return state;
            }
            return dismissed ? State.DISMISSED : State.CONFIRMED;
        });
    }

    boolean wanted(WorkloadRef workload) {
        return workloads
                .get(workload)
                .filter(now -> wanted(workload, now.uid()))
                .isPresent();
    }

    /** @param uid of the workload that is meant, which the watch may not have shown yet */
    boolean wanted(WorkloadRef workload, String uid) {
        Entry entry = entries.get(workload);
        return entry != null && entry.uid().equals(uid) && entry.wanted();
    }

    private void change(WorkloadRef ref, UnaryOperator<State> change) {
        String uid = workloads.get(ref).map(KubernetesWorkload::uid).orElse(null);
        if (uid == null) {
            entries.remove(ref);
            return;
        }
        entries.compute(ref, (_, before) -> {
            State state = before != null && before.uid().equals(uid) ? before.state() : null;
            State next = change.apply(state);
            return next == null ? null : new Entry(uid, next);
        });
    }
}

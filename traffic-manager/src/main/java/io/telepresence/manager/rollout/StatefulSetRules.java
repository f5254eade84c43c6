package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetSpec;
import io.fabric8.kubernetes.api.model.apps.StatefulSetUpdateStrategy;
import io.telepresence.manager.cluster.Pods;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * In which order a StatefulSet makes pods, and of which template. Pure.
 *
 * @param ordered a pod is made only while those before it are ready
 * @param held which pods keep an older template than the set's
 * @param revisions of the templates
 */
record StatefulSetRules(boolean ordered, Held held, Revisions revisions) {
    /** Of other kinds. */
    static final StatefulSetRules NONE = new StatefulSetRules(false, new Held(false, 0), new Revisions("", ""));

    /** Every pod has it. */
    static final String REVISION = "controller-revision-hash";

    /**
     * @param all a pod is updated when somebody deletes it: strategy OnDelete
     * @param below pods with a smaller ordinal stay as they are; zero: none
     */
    record Held(boolean all, int below) {}

    /**
     * @param current of pods that are held back by number
     * @param update of all others
     */
    record Revisions(String current, String update) {}

    static StatefulSetRules of(StatefulSet set) {
        StatefulSetSpec spec = set.getSpec();
        StatefulSetUpdateStrategy strategy = spec.getUpdateStrategy();
        boolean onDelete = strategy != null && "OnDelete".equals(strategy.getType());
        int partition = strategy == null
                        || onDelete
                        || strategy.getRollingUpdate() == null
                        || strategy.getRollingUpdate().getPartition() == null
                ? 0
                : strategy.getRollingUpdate().getPartition();
        int start = spec.getOrdinals() == null || spec.getOrdinals().getStart() == null
                ? 0
                : spec.getOrdinals().getStart();
        Revisions revisions = set.getStatus() == null
                ? NONE.revisions()
                : new Revisions(
                        Objects.requireNonNullElse(set.getStatus().getCurrentRevision(), ""),
                        Objects.requireNonNullElse(set.getStatus().getUpdateRevision(), ""));
        return new StatefulSetRules(
                !"Parallel".equals(spec.getPodManagementPolicy()),
                new Held(onDelete, partition == 0 ? 0 : start + partition),
                revisions);
    }

    /** Where pods are made in order the last one goes first, as in an update; else those that are not ready. */
    Comparator<Pod> first() {
        return ordered
                ? Comparator.comparingInt(StatefulSetRules::ordinal).reversed()
                : Comparator.comparing(Pods::ready);
    }

    /** What would be released if that pod went, as a sentence; empty: it comes back as it is. */
    Optional<String> released(Pod pod) {
        if (!held.all() && held.below() == 0) {
            return Optional.empty();
        }
        boolean back = !held.all() && ordinal(pod) < held.below();
        String next = back ? revisions.current() : revisions.update();
        String now = Pods.labels(pod).getOrDefault(REVISION, "");
        return now.isEmpty() || next.isEmpty() || now.equals(next)
                ? Optional.empty()
                : Optional.of("pod " + pod.getMetadata().getName() + " would come back at revision " + next
                        + " instead of " + now + ", which its update strategy ("
                        + (held.all() ? "OnDelete" : "partition") + ") holds back");
    }

    /** The pod without which that one would not be made again. */
    Optional<Pod> inTheWay(Pod pod, List<Pod> all) {
        return all.stream()
                .filter(other -> ordered && ordinal(other) < ordinal(pod) && !Pods.ready(other))
                .findFirst();
    }

    private static int ordinal(Pod pod) {
        String name = pod.getMetadata().getName();
        try {
            return Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}

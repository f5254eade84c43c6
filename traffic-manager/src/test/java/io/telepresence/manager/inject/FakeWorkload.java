package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.WorkloadRef;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** One workload and its controller: a missing pod is made at once, ready or not, with an agent or not. */
final class FakeWorkload implements WorkloadPods {
    final Map<String, Pod> owned = new LinkedHashMap<>();
    final Map<String, Pod> orphans = new LinkedHashMap<>();

    /** The fewest pods that were ready and in their Services at any time. */
    int fewestServing = Integer.MAX_VALUE;

    /** What the webhook does with a new pod. */
    UnaryOperator<Pod> webhook = UnaryOperator.identity();

    /** Runs whenever a pod leaves its controller. */
    Runnable atOrphan = () -> {};

    boolean newOnesBecomeReady = true;
    boolean newOnesHaveAgents = true;
    boolean budgetForbids;
    int deletedPastBudget;

    private final int desired;
    private final boolean surplus;
    private int made;

    FakeWorkload(int desired, boolean surplus) {
        this.desired = desired;
        this.surplus = surplus;
        for (int i = 0; i < desired; i++) {
            make(true, false);
        }
    }

    @Override
    public synchronized Optional<Shape> shape(WorkloadRef workload) {
        return Optional.of(new Shape(desired, surplus ? Optional.of("pod-template-hash") : Optional.empty()));
    }

    @Override
    public synchronized List<Pod> pods(WorkloadRef workload) {
        return new ArrayList<>(owned.values());
    }

    @Override
    public synchronized void orphan(Pod pod, WorkloadRef workload, String looseLabel) {
        orphans.put(uid(pod), owned.remove(uid(pod)));
        atOrphan.run();
        fill();
    }

    @Override
    public synchronized void readopt(Pod pod) {
        owned.put(uid(pod), orphans.remove(uid(pod)));
        owned.values().removeIf(p -> owned.size() > desired && !Pods.ready(p));
        look();
    }

    @Override
    public synchronized void retire(Pod pod) {
        orphans.remove(uid(pod));
        look();
    }

    @Override
    public synchronized void dismiss(Pod pod, boolean dismissed) {
        owned.computeIfPresent(uid(pod), (_, now) -> {
            PodBuilder builder = new PodBuilder(now);
            return dismissed
                    ? builder.editMetadata()
                            .addToAnnotations(AgentNames.DISMISSED, "true")
                            .endMetadata()
                            .build()
                    : builder.editMetadata()
                            .removeFromAnnotations(AgentNames.DISMISSED)
                            .endMetadata()
                            .build();
        });
    }

    @Override
    public synchronized boolean evict(Pod pod) {
        if (budgetForbids) {
            return false;
        }
        owned.remove(uid(pod));
        fill();
        return true;
    }

    @Override
    public synchronized void delete(Pod pod) {
        deletedPastBudget++;
        owned.remove(uid(pod));
        fill();
    }

    synchronized long agents() {
        return owned.values().stream().filter(Pods::hasAgent).count();
    }

    private void fill() {
        while (owned.size() < desired) {
            make(newOnesBecomeReady, newOnesHaveAgents);
        }
        look();
    }

    private void look() {
        int serving = (int) (owned.values().stream().filter(Pods::ready).count() + orphans.size());
        fewestServing = Math.min(fewestServing, serving);
    }

    private void make(boolean ready, boolean agent) {
        String name = "pod-" + made++;
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withUid(name)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName(agent ? AgentNames.CONTAINER : "app")
                .endContainer()
                .endSpec()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "False")
                .endCondition()
                .endStatus()
                .build();
        owned.put(name, webhook.apply(pod));
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }
}

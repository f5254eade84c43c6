package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
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

    /** What keeps new pods from coming, and may go on. */
    PodHitch hitch = null;

    /** While more pods are there than wished it is so that the last one has no place. */
    boolean roomForNoMore;

    boolean newOnesBecomeReady = true;

    /** Asked for each pod that is made. */
    Predicate<String> becomesReady = _ -> newOnesBecomeReady;

    boolean newOnesHaveAgents = true;

    /** The name of a disruption budget that lets no pod go. */
    String budget = "";

    /** The revision that pods are made of. */
    String revision = "r1";

    /** The pods of which it was said before that they end. */
    final List<String> announced = new ArrayList<>();

    /** No pod was evicted of which that was not said. */
    boolean lonely = true;

    int desired;
    StatefulSetRules stateful = StatefulSetRules.NONE;

    /** The most pods that were there at any time, and the fewest ready ones of those that were wished. */
    int mostThere;

    private final UpdateStrategy strategy;
    private int made;

    FakeWorkload(int desired, boolean surplus) {
        this(desired, surplus ? new UpdateStrategy(2, 0, "rolling") : new UpdateStrategy(0, desired, "in place"));
    }

    FakeWorkload(int desired, UpdateStrategy strategy) {
        this.desired = desired;
        this.strategy = strategy;
        for (int i = 0; i < desired; i++) {
            make(true, false);
        }
        look();
    }

    @Override
    public synchronized Optional<Shape> shape(WorkloadRef workload) {
        return Optional.of(new Shape(desired, Optional.of("pod-template-hash"), strategy, stateful));
    }

    @Override
    public synchronized boolean there(Pod pod) {
        return owned.containsKey(uid(pod)) || orphans.containsKey(uid(pod));
    }

    @Override
    public synchronized Optional<PodHitch> hitch(WorkloadRef workload, List<Pod> newcomers, Instant since) {
        boolean full = roomForNoMore && owned.values().stream().anyMatch(pod -> !Pods.ready(pod));
        return full ? Optional.of(new PodHitch("no free ports", true, false)) : Optional.ofNullable(hitch);
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
        shrink();
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
    public synchronized void ending(Pod pod, WorkloadRef workload) {
        announced.add(uid(pod));
    }

    @Override
    public synchronized Optional<String> evict(Pod pod) {
        lonely &= announced.contains(uid(pod));
        if (!budget.isEmpty()) {
            return Optional.of("The disruption budget " + budget + " needs all of them");
        }
        owned.remove(uid(pod));
        look();
        fill();
        return Optional.empty();
    }

    /** As an autoscaler does: it prefers to take those that are not ready. */
    synchronized void scale(int desired) {
        this.desired = desired;
        shrink();
        fill();
    }

    private void shrink() {
        List<Pod> all = new ArrayList<>(owned.values());
        all.sort(Comparator.comparing(Pods::ready));
        for (int i = 0; i < all.size() - desired; i++) {
            owned.remove(uid(all.get(i)));
        }
        look();
    }

    synchronized void unready(String name) {
        owned.get(name).getStatus().getConditions().forEach(c -> c.setStatus("False"));
    }

    synchronized long agents() {
        return owned.values().stream().filter(Pods::hasAgent).count();
    }

    private void fill() {
        while (owned.size() < desired) {
            boolean place = !roomForNoMore || owned.size() + orphans.size() < desired;
            make(place && becomesReady.test("pod-" + made), newOnesHaveAgents);
        }
        look();
    }

    private void look() {
        int serving = (int) (owned.values().stream().filter(Pods::ready).count() + orphans.size());
        fewestServing = Math.min(fewestServing, serving);
        mostThere = Math.max(mostThere, owned.size() + orphans.size());
    }

    private void make(boolean ready, boolean agent) {
        String name = "pod-" + made++;
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withUid(name)
                .addToLabels(StatefulSetRules.REVISION, revision)
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

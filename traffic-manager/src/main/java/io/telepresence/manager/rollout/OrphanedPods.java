package io.telepresence.manager.rollout;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finishes what a manager that died had begun: pods that had left their controller go once the workload is complete
 * without them, or get their controller back if it does not become so.
 */
public final class OrphanedPods {
    private static final Logger LOG = LoggerFactory.getLogger(OrphanedPods.class);

    /** What an orphan's annotation tells: whose it was, and the label to give back. */
    record Mark(String kind, String workload, String label, String value) {
        String text() {
            return String.join(" ", kind, workload, label, value);
        }

        static Optional<Mark> of(Pod pod) {
            String[] parts =
                    Pods.annotations(pod).getOrDefault(AgentNames.REPLACED, "").split(" ", -1);
            return parts.length == 4 ? Optional.of(new Mark(parts[0], parts[1], parts[2], parts[3])) : Optional.empty();
        }
    }

    private final WorkloadPods cluster;
    private final PodRollout.Limits limits;

    public OrphanedPods(WorkloadPods cluster, PodRollout.Limits limits) {
        this.cluster = cluster;
        this.limits = limits;
    }

    /** All orphans in the managed namespaces. */
    public static List<Pod> find(KubernetesClient client, List<String> namespaces) {
        if (namespaces.isEmpty()) {
            return client.pods()
                    .inAnyNamespace()
                    .withLabel(AgentNames.REPLACED)
                    .list()
                    .getItems();
        }
        List<Pod> found = new ArrayList<>();
        for (String namespace : namespaces) {
            found.addAll(client.pods()
                    .inNamespace(namespace)
                    .withLabel(AgentNames.REPLACED)
                    .list()
                    .getItems());
        }
        return found;
    }

    /** Blocks until the orphan has gone or has its controller back. */
    public void finish(Pod pod) throws InterruptedException {
        Mark mark = Mark.of(pod).orElse(null);
        if (mark == null || !Pods.alive(pod)) {
            return;
        }
        WorkloadRef workload = new WorkloadRef(mark.kind(), pod.getMetadata().getNamespace(), mark.workload());
        LOG.info("finishing the replacement of {} of {}", pod.getMetadata().getName(), workload);
        if (complete(workload)) {
            cluster.retire(pod);
        } else {
            cluster.readopt(pod);
        }
    }

    private boolean complete(WorkloadRef workload) throws InterruptedException {
        long until = System.nanoTime() + limits.ready().toNanos();
        while (true) {
            Optional<WorkloadPods.Shape> shape = cluster.shape(workload);
            if (shape.isEmpty()
                    || cluster.pods(workload).stream().filter(Pods::ready).count()
                            >= shape.get().desired()) {
                return true;
            }
            if (System.nanoTime() > until) {
                return false;
            }
            Thread.sleep(Duration.ofMillis(500));
        }
    }
}

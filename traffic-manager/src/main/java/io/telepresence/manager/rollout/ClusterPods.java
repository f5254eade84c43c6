package io.telepresence.manager.rollout;

import static io.telepresence.agree.AgentNames.DISMISSED;
import static io.telepresence.agree.AgentNames.ENDING;
import static io.telepresence.agree.AgentNames.REPLACED;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.ServiceEndpoints;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link WorkloadPods} of a real cluster. */
public final class ClusterPods implements WorkloadPods {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterPods.class);

    /** How long a kube-proxy may take to hear that an endpoint has gone. */
    private static final Duration PROXIES = Duration.ofSeconds(2);

    /** How long the endpoints' controllers may take to follow a pod's labels; after a restart it needs many seconds. */
    private static final Duration ENDPOINTS = Duration.ofSeconds(60);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(300);

    /** How long a budget of all pods is waited for. */
    private static final Duration BUDGET = Duration.ofSeconds(60);

    /** Every pod of a Job has it, in all versions. */
    private static final String JOB_NAME = "job-name";

    private static final String TEMPLATE_HASH = "pod-template-hash";

    private final KubernetesClient client;
    private final PodOwners owners;
    private final PodApi api;
    private final Announced announced;

    /** Hears of a pod that is about to go, before anything of that is written into the pod. */
    public interface Announced {
        void ending(Pod pod, WorkloadRef workload);
    }

    public ClusterPods(KubernetesClient client, PodOwners owners, Announced announced) {
        this.client = client;
        this.owners = owners;
        this.api = new PodApi(client);
        this.announced = announced;
    }

    private record Found(HasMetadata object, int replicas, LabelSelector selector, Map<String, String> template) {
        UpdateStrategy strategy() {
            return switch (object) {
                case Deployment d -> UpdateStrategy.of(d.getSpec(), replicas);
                case StatefulSet _ -> UpdateStrategy.ofStatefulSet(replicas);
                default -> UpdateStrategy.ofReplicaSet(replicas);
            };
        }

        StatefulSetRules stateful() {
            return object instanceof StatefulSet set ? StatefulSetRules.of(set) : StatefulSetRules.NONE;
        }

        String uid() {
            return object.getMetadata().getUid();
        }
    }

    @Override
    public Optional<Shape> shape(WorkloadRef workload) {
        return find(workload)
                .map(found ->
                        new Shape(found.replicas(), looseLabel(workload, found), strategy(found), found.stateful()));
    }

    /** A ReplicaSet that counts for itself, because Deployments are not enabled, has the strategy of its Deployment. */
    private UpdateStrategy strategy(Found found) {
        Optional<Deployment> above = found.object() instanceof ReplicaSet set
                ? Pods.controller(set.getMetadata().getOwnerReferences())
                        .filter(owner -> owner.getKind().equals(Workloads.DEPLOYMENT) && Workloads.groupKnown(owner))
                        .map(owner -> client.apps()
                                .deployments()
                                .inNamespace(set.getMetadata().getNamespace())
                                .withName(owner.getName())
                                .get())
                : Optional.empty();
        return above.map(deployment -> UpdateStrategy.of(deployment.getSpec(), found.replicas()))
                .orElseGet(found::strategy);
    }

    @Override
    public boolean there(Pod pod) {
        return api.get(pod) != null;
    }

    @Override
    public Optional<PodHitch> hitch(WorkloadRef workload, List<Pod> newcomers, Instant since) {
        Found found = find(workload).orElse(null);
        if (found == null) {
            return Optional.empty();
        }
        return new PodHitches(client)
                .of(workload.namespace(), sets(workload, found), Set.of(found.uid()), newcomers, since);
    }

    /** The ReplicaSets that make the pods; none for a StatefulSet. */
    private List<ReplicaSet> sets(WorkloadRef workload, Found found) {
        return switch (found.object()) {
            case ReplicaSet set -> List.of(set);
            case Deployment _ ->
                client
                        .apps()
                        .replicaSets()
                        .inNamespace(workload.namespace())
                        .withLabelSelector(found.selector())
                        .list()
                        .getItems()
                        .stream()
                        .filter(set -> Pods.controller(set.getMetadata().getOwnerReferences())
                                .filter(owner -> owner.getUid().equals(found.uid()))
                                .isPresent())
                        .toList();
            default -> List.of();
        };
    }

    @Override
    public List<Pod> pods(WorkloadRef workload) {
        var all = client.pods().inNamespace(workload.namespace());
        List<Pod> candidates = workload.batch()
                ? all.withLabel(JOB_NAME).list().getItems()
                : find(workload)
                        .map(found ->
                                all.withLabelSelector(found.selector()).list().getItems())
                        .orElse(List.of());
        return candidates.stream()
                .filter(pod -> Pods.alive(pod) && !Pods.labels(pod).containsKey(REPLACED))
                .filter(pod -> owners.of(pod.getMetadata(), workload.namespace())
                        .filter(owner -> owner.workload().equals(workload))
                        .isPresent())
                .toList();
    }

    @Override
    public void orphan(Pod pod, WorkloadRef workload, String looseLabel) {
        Map<String, String> labels = new HashMap<>();
        labels.put(looseLabel, null);
        labels.put(REPLACED, "true");
        OrphanedPods.Mark mark = new OrphanedPods.Mark(
                workload.kind(), workload.name(), looseLabel, Pods.labels(pod).getOrDefault(looseLabel, ""));
        api.patch(pod, labels, Map.of(REPLACED, mark.text()));
    }

    @Override
    public void readopt(Pod pod) {
        Pod now = api.get(pod);
        OrphanedPods.Mark mark = now == null ? null : OrphanedPods.Mark.of(now).orElse(null);
        if (mark != null) {
            Map<String, String> labels = new HashMap<>();
            labels.put(mark.label(), mark.value());
            labels.put(REPLACED, null);
            Map<String, String> annotations = new HashMap<>();
            annotations.put(REPLACED, null);
            api.patch(now, labels, annotations);
        }
    }

    @Override
    public void retire(Pod pod) throws InterruptedException {
        Map<String, String> gone = new HashMap<>();
        List<Service> services = servicesOf(pod.getMetadata().getNamespace(), Pods.labels(pod));
        for (Service service : services) {
            service.getSpec().getSelector().keySet().forEach(key -> gone.put(key, null));
        }
        if (!gone.isEmpty()) {
            api.patch(pod, gone, Map.of());
            ServiceEndpoints endpoints = ServiceEndpoints.of(client);
            long until = System.nanoTime() + ENDPOINTS.toNanos();
            while (services.stream().anyMatch(service -> endpoints.lead(service, pod)) && System.nanoTime() < until) {
                Thread.sleep(LOOK_AGAIN);
            }
            Thread.sleep(PROXIES);
        }
        evictOrphan(pod);
    }

    /**
     * Another pod serves in its place, so it must not count for a disruption budget either: if one still selects it, its
     * other labels go too. A budget of all pods whatsoever is waited for.
     */
    private void evictOrphan(Pod pod) throws InterruptedException {
        Optional<String> forbidden = api.evict(pod);
        if (forbidden.isPresent()) {
            Map<String, String> gone = new HashMap<>();
            Pods.labels(pod).keySet().forEach(key -> gone.put(key, null));
            gone.remove(REPLACED);
            api.patch(pod, gone, Map.of());
        }
        long until = System.nanoTime() + BUDGET.toNanos();
        while (forbidden.isPresent() && System.nanoTime() < until) {
            Thread.sleep(LOOK_AGAIN);
            forbidden = api.evict(pod);
        }
        forbidden.ifPresent(why -> LOG.warn(
                "pod {} was replaced, and stays without Services until the next start: {}",
                pod.getMetadata().getName(),
                why));
    }

    @Override
    public void dismiss(Pod pod, boolean dismissed) {
        Map<String, String> annotation = new HashMap<>();
        annotation.put(DISMISSED, dismissed ? "true" : null);
        api.patch(pod, Map.of(), annotation);
    }

    @Override
    public void ending(Pod pod, WorkloadRef workload) {
        announced.ending(pod, workload);
        api.patch(pod, Map.of(), Map.of(ENDING, Long.toString(Instant.now().getEpochSecond())));
    }

    @Override
    public Optional<String> evict(Pod pod) {
        return api.evict(pod);
    }

    private Optional<String> looseLabel(WorkloadRef workload, Found found) {
        if (found.object() instanceof StatefulSet
                || found.selector().getMatchLabels() == null
                || found.selector().getMatchLabels().isEmpty()) {
            return Optional.empty();
        }
        Set<String> serving = new HashSet<>();
        for (Service service : servicesOf(workload.namespace(), found.template())) {
            serving.addAll(service.getSpec().getSelector().keySet());
        }
        if (workload.kind().equals("Deployment")) {
            return Optional.of(TEMPLATE_HASH).filter(key -> !serving.contains(key));
        }
        return found.selector().getMatchLabels().keySet().stream()
                .filter(key -> !serving.contains(key))
                .findFirst();
    }

    private List<Service> servicesOf(String namespace, Map<String, String> labels) {
        return client.services().inNamespace(namespace).list().getItems().stream()
                .filter(service -> selects(service, labels))
                .toList();
    }

    private static boolean selects(Service service, Map<String, String> labels) {
        Map<String, String> selector = service.getSpec().getSelector();
        return selector != null && !selector.isEmpty() && labels.entrySet().containsAll(selector.entrySet());
    }

    private Optional<Found> find(WorkloadRef workload) {
        var apps = client.apps();
        String namespace = workload.namespace();
        HasMetadata object =
                switch (workload.kind()) {
                    case "Deployment" ->
                        apps.deployments()
                                .inNamespace(namespace)
                                .withName(workload.name())
                                .get();
                    case "ReplicaSet" ->
                        apps.replicaSets()
                                .inNamespace(namespace)
                                .withName(workload.name())
                                .get();
                    case "StatefulSet" ->
                        apps.statefulSets()
                                .inNamespace(namespace)
                                .withName(workload.name())
                                .get();
                    default -> null;
                };
        return Optional.ofNullable(object).map(ClusterPods::found);
    }

    private static Found found(HasMetadata object) {
        return switch (object) {
            case Deployment d ->
                new Found(
                        d,
                        replicas(d.getSpec().getReplicas()),
                        d.getSpec().getSelector(),
                        labels(d.getSpec().getTemplate().getMetadata().getLabels()));
            case ReplicaSet r ->
                new Found(
                        r,
                        replicas(r.getSpec().getReplicas()),
                        r.getSpec().getSelector(),
                        labels(r.getSpec().getTemplate().getMetadata().getLabels()));
            case StatefulSet s ->
                new Found(s, replicas(s.getSpec().getReplicas()), s.getSpec().getSelector(), Map.of());
            default -> throw new IllegalArgumentException(object.getKind());
        };
    }

    private static int replicas(Integer replicas) {
        return replicas == null ? 1 : replicas;
    }

    private static Map<String, String> labels(Map<String, String> labels) {
        return labels == null ? Map.of() : labels;
    }
}

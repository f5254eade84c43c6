package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpec;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import io.telepresence.manager.watch.ClusterStores;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** Workloads, and which pods belong to which. Answers come from watches. Any thread. */
public final class Workloads {
    public static final String DEPLOYMENT = "Deployment";
    public static final String REPLICA_SET = "ReplicaSet";
    public static final String STATEFUL_SET = "StatefulSet";
    public static final String JOB = "Job";
    public static final String CRON_JOB = "CronJob";

    /** What is enabled where nothing else is said. */
    public static final Set<String> USUAL = Set.of(DEPLOYMENT, REPLICA_SET, STATEFUL_SET);

    /** What can be enabled. */
    public static final Set<String> ALL = Set.of(DEPLOYMENT, REPLICA_SET, STATEFUL_SET, JOB, CRON_JOB);

    /** How many owners stand above each other: Pod, Job, CronJob, and room for kinds to come. */
    private static final int MOST_OWNERS = 5;

    private final ClusterStores stores;
    private final Set<String> kinds;
    private final List<String> namespaces;
    private final OwnerIndex index;
    private final TurningPods turning = new TurningPods();

    /**
     * @param kinds the enabled ones
     * @param namespaces the managed ones; empty: all
     */
    public Workloads(ClusterStores stores, Set<String> kinds, List<String> namespaces) {
        this.stores = stores;
        this.kinds = Set.copyOf(kinds);
        this.namespaces = List.copyOf(namespaces);
        this.index = new OwnerIndex(stores, this::ownersOnce, this::find);
        stores.pods().follow(turning);
    }

    public boolean managed(String namespace) {
        return namespaces.isEmpty()
                ? stores.namespaces().get("", namespace).isPresent()
                : namespaces.contains(namespace);
    }

    /** Labels and annotations of a namespace; empty where namespaces are not watched, or it is not there. */
    public Optional<ObjectMeta> namespace(String name) {
        return stores.namespaces().get("", name).map(HasMetadata::getMetadata);
    }

    public Set<String> kinds() {
        return kinds;
    }

    /** Those of the namespace that no other enabled workload owns, sorted by name and kind. */
    public List<KubernetesWorkload> in(String namespace) {
        return index.of(namespace).workloads();
    }

    private List<KubernetesWorkload> find(String namespace) {
        return Stream.of(
                        stores.deployments().in(namespace),
                        stores.replicaSets().in(namespace),
                        stores.statefulSets().in(namespace),
                        stores.batch().jobs().in(namespace),
                        stores.batch().cronJobs().in(namespace))
                .flatMap(List::stream)
                .filter(o -> kinds.contains(o.getKind()) && !ownedByWorkload(o))
                .map(Workloads::of)
                .sorted(Comparator.comparing((KubernetesWorkload w) -> w.ref().name())
                        .thenComparing(w -> w.ref().kind()))
                .toList();
    }

    public Optional<KubernetesWorkload> get(WorkloadRef ref) {
        if (!kinds.contains(ref.kind())) {
            return Optional.empty();
        }
        return object(ref.kind(), ref.namespace(), ref.name()).map(Workloads::of);
    }

    /**
     * The workload that a pod (or a ReplicaSet or Job) belongs to: the topmost owner of an enabled kind. Works for a pod that
     * is being created, even if its ReplicaSet has not been seen yet.
     */
    public Optional<WorkloadRef> ownerOf(HasMetadata object) {
        return ownerOf(object, MOST_OWNERS, new IdentityHashMap<>(4));
    }

    /** The same for many of one state of a namespace: what each ReplicaSet or Job belongs to is found once. */
    private Function<HasMetadata, Optional<WorkloadRef>> ownersOnce() {
        Map<HasMetadata, Optional<WorkloadRef>> known = new IdentityHashMap<>();
        return object -> ownerOf(object, MOST_OWNERS, known);
    }

    /**
     * @param steps an author can write owners that own each other
     * @param known what owns the owners that were asked about before
     */
    private Optional<WorkloadRef> ownerOf(
            HasMetadata object, int steps, Map<HasMetadata, Optional<WorkloadRef>> known) {
        if (steps == 0) {
            return Optional.empty();
        }
        Optional<OwnerReference> controller = controller(object);
        if (controller.isEmpty() || !groupKnown(controller.get())) {
            return Optional.empty();
        }
        String kind = controller.get().getKind();
        String name = controller.get().getName();
        String namespace = object.getMetadata().getNamespace();
        Optional<HasMetadata> owner = object(kind, namespace, name);
        if (owner.isPresent()) {
            Optional<WorkloadRef> above =
                    known.computeIfAbsent(owner.get(), middle -> ownerOf(middle, steps - 1, known));
            if (above.isPresent()) {
                return above;
            }
        } else if (kind.equals(REPLICA_SET)) {
            Optional<WorkloadRef> deployment = deploymentByHash(object, namespace, name);
            if (deployment.isPresent()) {
                return deployment;
            }
        }
        return kinds.contains(kind) ? Optional.of(new WorkloadRef(kind, namespace, name)) : Optional.empty();
    }

    /** What a workload itself belongs to, as a ReplicaSet does to a Deployment. */
    public Optional<WorkloadRef> ownerOf(WorkloadRef ref) {
        return object(ref.kind(), ref.namespace(), ref.name()).flatMap(this::ownerOf);
    }

    /** The pods of a workload that are neither being deleted nor over. */
    public List<Pod> pods(WorkloadRef ref) {
        return index.of(ref.namespace()).pods(ref);
    }

    /** The pod of that name, whether it lives or goes. */
    public Optional<Pod> pod(String namespace, String name) {
        return stores.pods().get(namespace, name);
    }

    /** All live pods of a namespace, whoever owns them. */
    public List<Pod> podsIn(String namespace) {
        return stores.pods().in(namespace).stream().filter(Pods::alive).toList();
    }

    /** The pods that are marked as waiting for the end of another, or as such another one; in no order. */
    public List<Pod> turning() {
        return turning.all();
    }

    /** Live pods that were a workload's, and only wait for their replacement to become ready. */
    public List<Pod> replacedIn(String namespace) {
        return index.of(namespace).replaced();
    }

    /** The services whose selector matches these labels, sorted by name. */
    public List<Service> servicesSelecting(String namespace, Map<String, String> labels) {
        return stores.services().in(namespace).stream()
                .filter(s -> selects(s, labels))
                .sorted(Comparator.comparing(s -> s.getMetadata().getName()))
                .toList();
    }

    public Optional<Service> service(String namespace, String name) {
        return stores.services().get(namespace, name);
    }

    /** The service with that cluster address. */
    public Optional<Service> serviceAt(String ip) {
        return stores.services().all().stream()
                .filter(s -> managed(s.getMetadata().getNamespace()))
                .filter(s -> ip.equals(s.getSpec().getClusterIP())
                        || s.getSpec().getClusterIPs().contains(ip))
                .findFirst();
    }

    /** The live pod with that address that is not on its node's network. */
    public Optional<Pod> podAt(String ip) {
        return stores.pods().all().stream()
                .filter(p -> Pods.alive(p) && managed(p.getMetadata().getNamespace()))
                .filter(p -> !Boolean.TRUE.equals(p.getSpec().getHostNetwork()) && p.getStatus() != null)
                .filter(p -> p.getStatus().getPodIPs().stream().anyMatch(i -> ip.equals(i.getIp())))
                .findFirst();
    }

    /** The UIDs of a workload, of the ReplicaSets or Jobs below it, and of its pods. */
    public Set<String> uidsOf(WorkloadRef ref) {
        List<HasMetadata> all = new ArrayList<>(pods(ref));
        object(ref.kind(), ref.namespace(), ref.name()).ifPresent(all::add);
        all.addAll(index.of(ref.namespace()).makers(ref));
        return Set.copyOf(all.stream().map(o -> o.getMetadata().getUid()).toList());
    }

    /** Why the workload's controller cannot make pods, as its ReplicaSets say; a StatefulSet says it in events only. */
    public Optional<String> failure(WorkloadRef ref) {
        return Stream.concat(
                        object(ref.kind(), ref.namespace(), ref.name()).stream(),
                        index.of(ref.namespace()).makers(ref).stream())
                .filter(ReplicaSet.class::isInstance)
                .map(ReplicaSet.class::cast)
                .filter(s -> s.getStatus() != null)
                .flatMap(s -> s.getStatus().getConditions().stream()
                        .filter(c -> "ReplicaFailure".equals(c.getType()) && "True".equals(c.getStatus()))
                        .map(c -> "ReplicaSet " + s.getMetadata().getName() + ": " + c.getReason() + ": "
                                + c.getMessage()))
                .findFirst();
    }

    /** Calls {@code changed} after each change of workloads, pods or services. */
    public AutoCloseable watch(Runnable changed) {
        return stores.watchAll(changed);
    }

    public static boolean selects(Service service, Map<String, String> labels) {
        Map<String, String> selector = service.getSpec().getSelector();
        return selector != null
                && !selector.isEmpty()
                && !"ExternalName".equals(service.getSpec().getType())
                && labels.entrySet().containsAll(selector.entrySet());
    }

    private Optional<WorkloadRef> deploymentByHash(HasMetadata pod, String namespace, String replicaSet) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        String hash = labels == null ? null : labels.get("pod-template-hash");
        if (hash == null || !replicaSet.endsWith("-" + hash) || !kinds.contains(DEPLOYMENT)) {
            return Optional.empty();
        }
        String name = replicaSet.substring(0, replicaSet.length() - hash.length() - 1);
        return stores.deployments().get(namespace, name).map(_ -> new WorkloadRef(DEPLOYMENT, namespace, name));
    }

    private boolean ownedByWorkload(HasMetadata object) {
        return ownerOf(object).isPresent();
    }

    private Optional<HasMetadata> object(String kind, String namespace, String name) {
        return switch (kind) {
            case DEPLOYMENT -> stores.deployments().get(namespace, name).map(HasMetadata.class::cast);
            case REPLICA_SET -> stores.replicaSets().get(namespace, name).map(HasMetadata.class::cast);
            case STATEFUL_SET -> stores.statefulSets().get(namespace, name).map(HasMetadata.class::cast);
            case JOB -> stores.batch().jobs().get(namespace, name).map(HasMetadata.class::cast);
            case CRON_JOB -> stores.batch().cronJobs().get(namespace, name).map(HasMetadata.class::cast);
            default -> Optional.empty();
        };
    }

    /** Whether the kind is one of ours, not one of the same name in somebody else's group. */
    public static boolean groupKnown(OwnerReference owner) {
        return owner.getApiVersion().startsWith("apps/")
                || owner.getApiVersion().startsWith("batch/");
    }

    static Optional<OwnerReference> controller(HasMetadata object) {
        for (OwnerReference owner : object.getMetadata().getOwnerReferences()) {
            if (Boolean.TRUE.equals(owner.getController())) {
                return Optional.of(owner);
            }
        }
        return Optional.empty();
    }

    private static KubernetesWorkload of(HasMetadata object) {
        return switch (object) {
            case Deployment d ->
                workload(
                        d,
                        d.getSpec().getReplicas(),
                        d.getStatus() == null ? null : d.getStatus().getReadyReplicas(),
                        d.getSpec().getTemplate());
            case ReplicaSet r ->
                workload(
                        r,
                        r.getSpec().getReplicas(),
                        r.getStatus() == null ? null : r.getStatus().getReadyReplicas(),
                        r.getSpec().getTemplate());
            case StatefulSet s ->
                workload(
                        s,
                        s.getSpec().getReplicas(),
                        s.getStatus() == null ? null : s.getStatus().getReadyReplicas(),
                        s.getSpec().getTemplate());
            case Job j -> job(j);
            case CronJob c -> cronJob(c);
            default -> throw new IllegalArgumentException(object.getKind());
        };
    }

    private static KubernetesWorkload job(Job job) {
        JobStatus status = job.getStatus();
        return workload(
                job,
                status == null || status.getActive() == null ? 0 : status.getActive(),
                status == null ? null : status.getReady(),
                job.getSpec().getTemplate());
    }

    private static KubernetesWorkload cronJob(CronJob job) {
        int active = job.getStatus() == null ? 0 : job.getStatus().getActive().size();
        JobSpec spec = job.getSpec().getJobTemplate().getSpec();
        return workload(job, active, null, spec == null ? null : spec.getTemplate());
    }

    private static KubernetesWorkload workload(
            HasMetadata object, Integer replicas, Integer ready, PodTemplateSpec template) {
        var meta = object.getMetadata();
        return new KubernetesWorkload(
                new WorkloadRef(object.getKind(), meta.getNamespace(), meta.getName()),
                meta.getUid(),
                meta.getLabels() == null ? Map.of() : meta.getLabels(),
                replicas == null ? 1 : replicas,
                ready == null ? 0 : ready,
                template == null ? new PodTemplateSpec() : template);
    }
}

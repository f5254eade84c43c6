package io.telepresence.manager.engagement;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import java.util.List;
import java.util.Optional;

/** Finds the workload that a user names, or says exactly why there is none. */
public final class WorkloadSelector {

    private final Workloads workloads;

    public WorkloadSelector(Workloads workloads) {
        this.workloads = workloads;
    }

    /** @param kind empty: any */
    public KubernetesWorkload choose(String namespace, String name, String kind) throws FaultException {
        if (!workloads.managed(namespace)) {
            throw unmanaged(namespace).exception();
        }
        if (!kind.isEmpty() && !workloads.kinds().contains(kind)) {
            throw unsupported(kind, namespace, name).exception();
        }
        List<KubernetesWorkload> found = workloads.in(namespace).stream()
                .filter(w -> w.ref().name().equals(name))
                .filter(w -> kind.isEmpty() || w.ref().kind().equals(kind))
                .toList();
        if (found.size() > 1) {
            String kinds =
                    String.join(" and ", found.stream().map(w -> w.ref().kind()).toList());
            throw Fault.user(name + "." + namespace + " is ambiguous: there are a " + kinds + " of that name", "")
                    .exception();
        }
        if (found.isEmpty()) {
            throw absent(namespace, name).exception();
        }
        return found.getFirst();
    }

    public static Fault unmanaged(String namespace) {
        return Fault.user(
                "namespace " + namespace + " does not exist, or is not managed by this traffic-manager",
                "Managed namespaces are set with the Helm value \"namespaces\"");
    }

    private Fault absent(String namespace, String name) {
        Optional<WorkloadRef> owner = List.of(Workloads.REPLICA_SET, Workloads.STATEFUL_SET, Workloads.JOB).stream()
                .filter(workloads.kinds()::contains)
                .flatMap(kind -> workloads.ownerOf(new WorkloadRef(kind, namespace, name)).stream())
                .findFirst();
        if (owner.isPresent()) {
            return Fault.user(name + "." + namespace + " belongs to " + owner.get(), "Engage that one");
        }
        for (Pod pod : workloads.podsIn(namespace)) {
            List<OwnerReference> owners = pod.getMetadata().getOwnerReferences();
            if (owners.isEmpty() && pod.getMetadata().getName().equals(name)) {
                return unsupported("Pod", namespace, name);
            }
            Optional<OwnerReference> other =
                    owners.stream().filter(o -> o.getName().equals(name)).findFirst();
            if (other.isPresent() && !workloads.kinds().contains(other.get().getKind())) {
                return unsupported(other.get().getKind(), namespace, name);
            }
        }
        return Fault.user(
                "found no " + supported() + " named " + name + " in namespace " + namespace, hint(namespace, name));
    }

    private String supported() {
        boolean jobs = workloads.kinds().contains(Workloads.JOB);
        return jobs ? "Deployment, ReplicaSet, StatefulSet, Job or CronJob" : "Deployment, ReplicaSet or StatefulSet";
    }

    private Fault unsupported(String kind, String namespace, String name) {
        return Fault.user(
                kind + " " + name + "." + namespace + " cannot be engaged: its kind is not supported or not enabled",
                "Enabled kinds are "
                        + String.join(", ", workloads.kinds().stream().sorted().toList())
                        + (new WorkloadRef(kind, namespace, name).batch()
                                ? "; the Helm value for Job and CronJob is workloads.jobs.enabled"
                                : ""));
    }

    /** People often give the name of a service. */
    private String hint(String namespace, String name) {
        return workloads.in(namespace).stream()
                .filter(w -> w.template().getMetadata() != null
                        && w.template().getMetadata().getLabels() != null)
                .filter(w -> workloads
                        .servicesSelecting(namespace, w.template().getMetadata().getLabels())
                        .stream()
                        .anyMatch(s -> s.getMetadata().getName().equals(name)))
                .findFirst()
                .map(w -> "Service " + name + " belongs to " + w.ref() + "; name that one with --workload")
                .orElse("");
    }
}

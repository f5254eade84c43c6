package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.manager.watch.BatchStores;
import io.telepresence.manager.watch.ClusterStores;
import io.telepresence.manager.watch.MemoryStore;
import java.util.List;
import java.util.Set;

/** A cluster in memory, filled with YAML. */
public final class FakeCluster {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    public final MemoryStore<Namespace> namespaces = new MemoryStore<>();
    public final MemoryStore<Node> nodes = new MemoryStore<>();
    public final MemoryStore<Service> services = new MemoryStore<>();
    public final MemoryStore<Pod> pods = new MemoryStore<>();
    public final MemoryStore<Deployment> deployments = new MemoryStore<>();
    public final MemoryStore<ReplicaSet> replicaSets = new MemoryStore<>();
    public final MemoryStore<StatefulSet> statefulSets = new MemoryStore<>();

    public final MemoryStore<Job> jobs = new MemoryStore<>();
    public final MemoryStore<CronJob> cronJobs = new MemoryStore<>();

    public final ClusterStores stores = new ClusterStores(
            namespaces, nodes, services, pods, deployments, replicaSets, statefulSets, new BatchStores(jobs, cronJobs));

    public FakeCluster() {
        add("{kind: Namespace, apiVersion: v1, metadata: {name: default}}");
    }

    public Workloads workloads() {
        return workloads(Workloads.DEPLOYMENT, Workloads.REPLICA_SET, Workloads.STATEFUL_SET);
    }

    public Workloads workloads(String... kinds) {
        return new Workloads(stores, Set.of(kinds), List.of());
    }

    /** Adds or replaces what the YAML documents hold; objects without a namespace go to default. */
    public void add(String yaml) {
        for (String document : yaml.split("(?m)^---$")) {
            HasMetadata object = parse(document);
            if (object.getMetadata().getNamespace() == null
                    && !(object instanceof Namespace || object instanceof Node)) {
                object.getMetadata().setNamespace("default");
            }
            if (object.getMetadata().getUid() == null) {
                object.getMetadata().setUid("uid-" + object.getMetadata().getName());
            }
            put(object);
        }
    }

    /** One YAML document; the comment keeps flow style from being taken for JSON. */
    public static <T extends HasMetadata> T parse(String document) {
        return YAML.unmarshal("# YAML\n" + document);
    }

    private void put(HasMetadata object) {
        switch (object) {
            case Namespace n -> namespaces.put(n);
            case Node n -> nodes.put(n);
            case Service s -> services.put(s);
            case Pod p -> pods.put(p);
            case Deployment d -> deployments.put(d);
            case ReplicaSet r -> replicaSets.put(r);
            case StatefulSet s -> statefulSets.put(s);
            case Job j -> jobs.put(j);
            case CronJob c -> cronJobs.put(c);
            default -> throw new IllegalArgumentException(object.getKind());
        }
    }

    /** A CronJob with a Job of it and its pod, all alive; the pod template has that annotation for agents. */
    public void addNightly(String annotation) {
        String template =
                "{metadata: {labels: {app: nightly}, annotations: {telepresence.io/inject-traffic-agent: %s}}, spec: {containers: [{name: work}]}}"
                        .formatted(annotation);
        add(
                """
                {apiVersion: batch/v1, kind: CronJob, metadata: {name: nightly, uid: c-nightly},
                 spec: {schedule: '* * * * *', jobTemplate: {spec: {template: %s}}},
                 status: {active: [{kind: Job, name: nightly-1}]}}
                ---
                {apiVersion: batch/v1, kind: Job, metadata: {name: nightly-1, uid: j-nightly, ownerReferences:
                   [{apiVersion: batch/v1, kind: CronJob, name: nightly, uid: c-nightly, controller: true}]},
                 spec: {template: %s}, status: {active: 1, ready: 1}}
                """
                        .formatted(template, template));
        addJobPod("nightly-1");
    }

    /** A ready pod of that Job. */
    public void addJobPod(String job) {
        add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: %1$s-x, uid: uid-%1$s-x, labels: {job-name: %1$s},
                   ownerReferences: [{apiVersion: batch/v1, kind: Job, name: %1$s, uid: j, controller: true}]},
                 spec: {containers: [{name: work}]},
                 status: {phase: Running, podIP: 10.244.0.7, podIPs: [{ip: 10.244.0.7}],
                   conditions: [{type: Ready, status: "True"}]}}
                """
                        .formatted(job));
    }

    /** A Deployment with its ReplicaSet, one ready pod and a service that finds the port by name. */
    public void addEcho() {
        add(
                """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: echo, uid: d-echo},
                 spec: {replicas: 1, template: {metadata: {labels: {app: echo}}, spec: {containers:
                   [{name: app, ports: [{name: http, containerPort: 8080}]}]}}},
                 status: {readyReplicas: 1}}
                ---
                {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: echo-abc, uid: r-echo, ownerReferences:
                   [{apiVersion: apps/v1, kind: Deployment, name: echo, uid: d-echo, controller: true}]}, spec: {}}
                ---
                {apiVersion: v1, kind: Service, metadata: {name: echo}, spec: {selector: {app: echo},
                   clusterIP: 10.96.1.1, ports: [{name: web, port: 80, targetPort: http}]}}
                """);
        addEchoPod("echo-abc-1", "True");
    }

    public void addEchoPod(String name, String ready) {
        add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: %s, uid: uid-%s, labels: {app: echo}, ownerReferences:
                   [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}]},
                 spec: {containers: [{name: app, ports: [{name: http, containerPort: 8080}]}]},
                 status: {phase: Running, podIP: 10.244.0.5, podIPs: [{ip: 10.244.0.5}],
                   conditions: [{type: Ready, status: "%s"}]}}
                """
                        .formatted(name, name, ready));
    }
}

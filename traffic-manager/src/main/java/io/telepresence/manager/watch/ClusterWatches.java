package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.telepresence.run.Closers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Owns every watch on the API server. Watches heal themselves; {@link #synced} says when all have a first list. */
public final class ClusterWatches implements AutoCloseable {
    private static final List<Class<? extends KubernetesResource>> KINDS = List.of(
            Namespace.class,
            Node.class,
            Service.class,
            Deployment.class,
            ReplicaSet.class,
            StatefulSet.class,
            Job.class,
            CronJob.class,
            io.fabric8.kubernetes.api.model.batch.v1beta1.CronJob.class);

    private final ClusterStores stores;
    private final CompletableFuture<Void> synced;
    private final Closers opened;

    private ClusterWatches(ClusterStores stores, CompletableFuture<Void> synced, Closers opened) {
        this.stores = stores;
        this.synced = synced;
        this.opened = opened;
    }

    /**
     * @param like says where the API server is, and who asks
     * @param namespaces the managed ones; empty: all, with one watch per kind
     * @param batch whether Jobs and CronJobs are watched
     */
    public static ClusterWatches open(KubernetesClient like, List<String> namespaces, boolean batch) {
        Opening open = new Opening(namespaces, new ArrayList<>(), new Closers());
        KubernetesClient podsOnly = open.opened().add(LeanClients.pods(like));
        KubernetesClient client = open.opened().add(LeanClients.objects(like, KINDS));
        InformerStore<Namespace> names = open.add(new InformerStore<>("namespaces", ObjectTrim::metadata));
        if (namespaces.isEmpty()) {
            open.first().add(names.start("", client.namespaces(), true));
        }
        InformerStore<Node> nodes = open.add(new InformerStore<>("nodes", ObjectTrim::node));
        open.first().add(nodes.start("", client.nodes(), false));
        ClusterStores stores = new ClusterStores(
                names,
                nodes,
                open.<Service>watch("services", ObjectTrim::metadata, ns -> in(client.services(), ns)),
                open.<Pod>watch("pods", ObjectTrim::pod, ns -> in(podsOnly.pods(), ns)),
                open.<Deployment>watch(
                        "deployments",
                        ObjectTrim::metadata,
                        ns -> in(client.apps().deployments(), ns)),
                open.<ReplicaSet>watch(
                        "replicasets",
                        ObjectTrim::replicaSet,
                        ns -> in(client.apps().replicaSets(), ns)),
                open.<StatefulSet>watch(
                        "statefulsets",
                        ObjectTrim::metadata,
                        ns -> in(client.apps().statefulSets(), ns)),
                batch ? batch(client, open) : BatchStores.NONE);
        CompletableFuture<Void> all = CompletableFuture.allOf(open.first().toArray(CompletableFuture[]::new));
        return new ClusterWatches(stores, all, open.opened());
    }

    public ClusterStores stores() {
        return stores;
    }

    public CompletableFuture<Void> synced() {
        return synced;
    }

    @Override
    public void close() {
        try {
            opened.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing the watches", e);
        }
    }

    /** CronJobs are batch/v1 from Kubernetes 1.21 on; their v1beta1 ends with 1.24. */
    private static BatchStores batch(KubernetesClient client, Opening open) {
        Store<Job> jobs = open.watch(
                "jobs", ObjectTrim::metadata, ns -> in(client.batch().v1().jobs(), ns));
        if (ApiGroups.serves(client, "batch/v1", "cronjobs")) {
            return new BatchStores(
                    jobs,
                    open.<CronJob>watch(
                            "cronjobs",
                            ObjectTrim::metadata,
                            ns -> in(client.batch().v1().cronjobs(), ns)));
        }
        return BatchStores.before121(
                jobs,
                open.<io.fabric8.kubernetes.api.model.batch.v1beta1.CronJob>watch(
                        "cronjobs",
                        ObjectTrim::metadata,
                        ns -> in(client.batch().v1beta1().cronjobs(), ns)));
    }

    private static <T extends HasMetadata> Informable<T> in(
            io.fabric8.kubernetes.client.dsl.MixedOperation<T, ?, ?> kind, String namespace) {
        return namespace.isEmpty() ? kind.inAnyNamespace() : kind.inNamespace(namespace);
    }

    private record Opening(List<String> namespaces, List<CompletableFuture<Void>> first, Closers opened) {
        <T extends HasMetadata> InformerStore<T> add(InformerStore<T> store) {
            return opened.add(store);
        }

        <T extends HasMetadata> Store<T> watch(
                String kind, UnaryOperator<T> trim, Function<String, Informable<T>> source) {
            InformerStore<T> store = add(new InformerStore<>(kind, trim));
            for (String namespace : namespaces.isEmpty() ? List.of("") : namespaces) {
                first.add(store.start(namespace, source.apply(namespace), true));
            }
            return store;
        }
    }
}

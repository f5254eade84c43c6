package io.telepresence.e2e.scale;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * A cluster of many objects that nobody runs: nodes without a kubelet, and pods that are bound to them, ready and have
 * addresses. No controller may be there, for it would take them away. {@code KUBECONFIG} says where.
 */
public final class ScaleObjects {
    public static final String NAMESPACE = "scale";
    private static final int AT_ONCE = 24;
    private static final String IMAGE = "registry.example.test/team/service:1.2.3";

    private final KubernetesClient client;
    private final ScaleSize size;

    private ScaleObjects(KubernetesClient client, ScaleSize size) {
        this.client = client;
        this.size = size;
    }

    /** {@code make SIZE} makes all; {@code change SIZE SECONDS RATE} changes the readiness of one pod after the other. */
    public static void main(String[] arguments) throws Exception {
        try (KubernetesClient client = new KubernetesClientBuilder().build()) {
            ScaleObjects objects = new ScaleObjects(client, ScaleSize.parse(arguments[1]));
            switch (arguments[0]) {
                case "make" -> objects.make();
                case "change" -> objects.change(Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    private void make() throws Exception {
        each(size.nodes(), this::node);
        each(size.services(), this::service);
        each(size.workloads(), this::workload);
        each(size.pods(), this::pod);
        System.out.println("made=" + size);
    }

    private static void each(int count, IntConsumer work) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            for (Future<?> one : IntStream.range(0, count)
                    .mapToObj(i -> threads.submit(() -> work.accept(i)))
                    .toList()) {
                one.get(10, TimeUnit.MINUTES);
            }
        }
    }

    /** Of node i; its pods have addresses of it. */
    private static String subnet(int node) {
        return "10." + (128 + node / 256) + "." + node % 256;
    }

    private void node(int i) {
        client.resource(new NodeBuilder()
                        .withMetadata(new ObjectMetaBuilder()
                                .withName("scale-node-" + i)
                                .addToLabels("kubernetes.io/hostname", "scale-node-" + i)
                                .build())
                        .withNewSpec()
                        .withPodCIDR(subnet(i) + ".0/24")
                        .withPodCIDRs(subnet(i) + ".0/24")
                        .endSpec()
                        .build())
                .create();
    }

    private void service(int i) {
        int workload = i % size.workloads();
        client.resource(new ServiceBuilder()
                        .withMetadata(meta("s-" + i, workload))
                        .withNewSpec()
                        .addToSelector("app", ScaleSize.workload(workload))
                        .addNewPort()
                        .withName("http")
                        .withPort(80)
                        .withNewTargetPort("http")
                        .endPort()
                        .endSpec()
                        .build())
                .create();
    }

    private void workload(int i) {
        int replicas = size.pods() / size.workloads() + (i < size.pods() % size.workloads() ? 1 : 0);
        var template = new PodTemplateSpecBuilder()
                .withMetadata(new ObjectMetaBuilder()
                        .addToLabels("app", ScaleSize.workload(i))
                        .build())
                .withSpec(podSpec(null))
                .build();
        Deployment deployment = client.resource(new DeploymentBuilder()
                        .withMetadata(meta(ScaleSize.workload(i), i))
                        .withNewSpec()
                        .withReplicas(replicas)
                        .withNewSelector()
                        .addToMatchLabels("app", ScaleSize.workload(i))
                        .endSelector()
                        .withTemplate(template)
                        .endSpec()
                        .build())
                .create();
        client.resource(new DeploymentBuilder(deployment)
                        .withNewStatus()
                        .withReplicas(replicas)
                        .withReadyReplicas(replicas)
                        .endStatus()
                        .build())
                .updateStatus();
        client.resource(new ReplicaSetBuilder()
                        .withMetadata(owned(meta(ScaleSize.replicaSet(i), i), deployment))
                        .withNewSpec()
                        .withReplicas(replicas)
                        .withNewSelector()
                        .addToMatchLabels("app", ScaleSize.workload(i))
                        .endSelector()
                        .withTemplate(template)
                        .endSpec()
                        .build())
                .create();
    }

    private void pod(int i) {
        int workload = i % size.workloads();
        ReplicaSet set = new ReplicaSetBuilder()
                .withMetadata(meta(ScaleSize.replicaSet(workload), workload))
                .build();
        set.getMetadata().setUid("uid-of-" + set.getMetadata().getName());
        Pod made = client.resource(new PodBuilder()
                        .withMetadata(owned(meta(size.pod(i), workload), set))
                        .withSpec(podSpec("scale-node-" + i % size.nodes()))
                        .build())
                .create();
        status(made, subnet(i % size.nodes()) + "." + (2 + i / size.nodes()), true);
    }

    private void status(Pod pod, String ip, boolean ready) {
        String now = Instant.now().toString().replaceFirst("\\..*", "Z");
        client.resource(new PodBuilder(pod)
                        .withNewStatus()
                        .withPhase("Running")
                        .withPodIP(ip)
                        .addNewPodIP(ip)
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus(ready ? "True" : "False")
                        .withLastTransitionTime(now)
                        .endCondition()
                        .addNewContainerStatus()
                        .withName("app")
                        .withImage(IMAGE)
                        .withImageID("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
                        .withReady(ready)
                        .withRestartCount(0)
                        .withNewState()
                        .withNewRunning(now)
                        .endState()
                        .endContainerStatus()
                        .endStatus()
                        .build())
                .updateStatus();
    }

    /** As pods of ordinary services are: two containers with variables, limits, probes and mounts. */
    private static PodSpec podSpec(String node) {
        ContainerBuilder container = new ContainerBuilder()
                .withName("app")
                .withImage(IMAGE)
                .addNewPort()
                .withName("http")
                .withContainerPort(8080)
                .endPort()
                .addNewVolumeMount()
                .withName("config")
                .withMountPath("/etc/service")
                .endVolumeMount()
                .withNewReadinessProbe()
                .withNewHttpGet()
                .withPath("/ready")
                .withNewPort("http")
                .endHttpGet()
                .endReadinessProbe();
        for (int i = 0; i < 20; i++) {
            container
                    .addNewEnv()
                    .withName("SETTING_OF_THE_SERVICE_" + i)
                    .withValue("a value of ordinary length, such as a URL: https://service-" + i + ".example.test/v1")
                    .endEnv();
        }
        return new PodSpecBuilder()
                .withNodeName(node)
                .withAutomountServiceAccountToken(false)
                .addToContainers(container.build())
                .addToContainers(container
                        .withName("helper")
                        .withPorts()
                        .withReadinessProbe(null)
                        .build())
                .addNewVolume()
                .withName("config")
                .withNewEmptyDir()
                .endEmptyDir()
                .endVolume()
                .build();
    }

    private static ObjectMeta meta(String name, int workload) {
        return new ObjectMetaBuilder()
                .withNamespace(NAMESPACE)
                .withName(name)
                .withLabels(Map.of(
                        "app", ScaleSize.workload(workload), "team", "team-" + workload % 20, "version", "1.2.3"))
                .build();
    }

    private static ObjectMeta owned(ObjectMeta meta, HasMetadata owner) {
        OwnerReference reference = new OwnerReferenceBuilder()
                .withApiVersion("apps/v1")
                .withKind(owner.getKind())
                .withName(owner.getMetadata().getName())
                .withUid(owner.getMetadata().getUid())
                .withController(true)
                .build();
        return new ObjectMetaBuilder(meta).withOwnerReferences(reference).build();
    }

    /** One pod after the other of different workloads becomes unready, and with the next round ready again. */
    private void change(int seconds, int rate) throws Exception {
        AtomicInteger changed = new AtomicInteger();
        System.out.println("begun");
        long begin = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            for (int i = 0; i < seconds * rate; i++) {
                long wait = begin + i * Duration.ofSeconds(1).toNanos() / rate - System.nanoTime();
                LockSupport.parkNanos(wait);
                // Not of those whose agents are counted.
                int pod = size.pods() - 1 - i % size.workloads();
                boolean ready = i / size.workloads() % 2 == 1;
                threads.submit(() -> {
                    Pod now = client.pods()
                            .inNamespace(NAMESPACE)
                            .withName(size.pod(pod))
                            .get();
                    status(now, now.getStatus().getPodIP(), ready);
                    changed.incrementAndGet();
                });
            }
        }
        System.out.println("changes=" + changed);
    }
}

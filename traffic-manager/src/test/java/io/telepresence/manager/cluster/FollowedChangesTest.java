package io.telepresence.manager.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.manager.network.PodSubnets;
import io.telepresence.manager.watch.MemoryStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is fed by each change is after any number of them what a look at everything finds. */
class FollowedChangesTest {
    private static final int CHANGES = 3000;
    private static final int NAMES = 12;

    private final FakeCluster cluster = new FakeCluster();
    private final Random random = new Random(7);

    /** Of one of a few workloads, by a ReplicaSet that may be there or not, or of nobody. */
    private void randomPod() {
        int set = random.nextInt(5);
        String owner = set == 4
                ? ""
                : "ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: w%1$d-h%1$d, uid: r%1$d, controller: true}],"
                        .formatted(set);
        String annotation = List.of(
                        "a", "telepresence.io/waiting", "telepresence.io/ending", "telepresence.io/replaced")
                .get(random.nextInt(4));
        String deleted = random.nextInt(6) == 0 ? "deletionTimestamp: '2026-11-29T12:00:00Z'," : "";
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: p%d, namespace: %s, labels: {pod-template-hash: h%d}, %s %s
                   annotations: {%s: '1'}},
                 spec: {hostNetwork: %b, containers: [{name: app}]}, status: {phase: %s, podIPs: [{ip: %s}]}}
                """
                        .formatted(
                                random.nextInt(NAMES),
                                random.nextBoolean() ? "default" : "other",
                                set,
                                owner,
                                deleted,
                                annotation,
                                random.nextInt(5) == 0,
                                random.nextInt(6) == 0 ? "Succeeded" : "Running",
                                address()));
    }

    private String address() {
        return switch (random.nextInt(30)) {
            case 0 -> "'fd00::" + random.nextInt(3) + "'";
            case 1 -> "10.9.0." + random.nextInt(3);
            default -> "10.244." + random.nextInt(3) + "." + random.nextInt(5);
        };
    }

    private void randomSet() {
        int i = random.nextInt(4);
        cluster.add(
                """
                {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: w%1$d-h%1$d, uid: r%1$d, ownerReferences:
                   [{apiVersion: apps/v1, kind: Deployment, name: w%2$d, uid: d%2$d, controller: true}]}, spec: {replicas: %3$d}}
                """
                        .formatted(i, random.nextInt(4) == 0 ? random.nextInt(4) : i, random.nextInt(3)));
    }

    private void randomDeployment() {
        cluster.add(
                "{apiVersion: apps/v1, kind: Deployment, metadata: {name: w%1$d, uid: d%1$d}, spec: {replicas: %2$d}}"
                        .formatted(random.nextInt(4), random.nextInt(3)));
    }

    private void randomNode() {
        int i = random.nextInt(4);
        String range = random.nextInt(8) == 0 ? "192.0.2.0/24" : "10.244." + i + ".0/24";
        cluster.add("{apiVersion: v1, kind: Node, metadata: {name: n%d}, spec: {podCIDRs: [%s]}}".formatted(i, range));
    }

    private <T extends HasMetadata> void removeOne(MemoryStore<T> store) {
        List<T> all = store.all();
        if (!all.isEmpty()) {
            store.remove(all.get(random.nextInt(all.size())));
        }
    }

    private void change() {
        switch (random.nextInt(20)) {
            case 0 -> randomSet();
            case 1 -> randomDeployment();
            case 2 -> removeOne(cluster.replicaSets);
            case 3 -> removeOne(cluster.deployments);
            case 4 -> randomNode();
            case 5 -> removeOne(cluster.nodes);
            case 6, 7, 8 -> removeOne(cluster.pods);
            default -> randomPod();
        }
    }

    private OwnerIndex index() {
        Workloads workloads = cluster.workloads();
        return new OwnerIndex(cluster.stores, () -> workloads::ownerOf, workloads::in);
    }

    @Test
    void ownersAreThoseOfAFullWalk() {
        OwnerIndex followed = index();
        for (int i = 0; i < CHANGES; i++) {
            change();
            if (random.nextInt(3) > 0) {
                for (String namespace : List.of("default", "other")) {
                    assertEquals(index().of(namespace), followed.of(namespace), "after change " + i);
                }
            }
        }
    }

    /** Nobody asks for so long that not every name is kept. */
    @Test
    void manyChangesThatNobodyLookedAtAreSeen() {
        cluster.addEcho();
        OwnerIndex followed = index();
        assertEquals(index().of("default"), followed.of("default"));
        for (int i = 0; i < 1500; i++) {
            cluster.addEchoPod("echo-abc-" + i, "True");
            cluster.pods.remove(cluster.pods.get("default", "echo-abc-" + i).orElseThrow());
        }
        cluster.addEchoPod("echo-abc-7", "True");
        assertEquals(index().of("default"), followed.of("default"));
    }

    /** The work of a change: its own pod is looked at, and no other, also when the ReplicaSet and the workload tell of it. */
    @Test
    void ofAThousandPodsOneIsLookedAt() {
        cluster.addEcho();
        for (int i = 0; i < 1000; i++) {
            cluster.addEchoPod("echo-abc-" + i, "True");
        }
        AtomicInteger pods = new AtomicInteger();
        Workloads workloads = cluster.workloads();
        OwnerIndex counted = new OwnerIndex(
                cluster.stores,
                () -> object -> {
                    pods.addAndGet(object instanceof Pod ? 1 : 0);
                    return workloads.ownerOf(object);
                },
                workloads::in);
        WorkloadRef echo = new WorkloadRef("Deployment", "default", "echo");
        assertEquals(1000, counted.of("default").pods(echo).size());
        assertEquals(1000, pods.getAndSet(0));
        cluster.addEchoPod("echo-abc-77", "False");
        cluster.add(
                """
                {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: echo-abc, uid: r-echo, ownerReferences:
                   [{apiVersion: apps/v1, kind: Deployment, name: echo, uid: d-echo, controller: true}]}, spec: {replicas: 7}}
                """);
        assertEquals(index().of("default"), counted.of("default"));
        assertEquals(1, pods.get());
    }

    @Test
    void aListOfPodsThatAreTheSameStaysTheSame() {
        cluster.addEcho();
        OwnerIndex followed = index();
        WorkloadRef echo = new WorkloadRef("Deployment", "default", "echo");
        List<Pod> before = followed.of("default").pods(echo);
        cluster.add("{apiVersion: apps/v1, kind: Deployment, metadata: {name: more}, spec: {}}");
        cluster.add("{apiVersion: v1, kind: Pod, metadata: {name: nobodys}, spec: {containers: []}}");
        assertSame(before, followed.of("default").pods(echo));
    }

    @Test
    void subnetsAreThoseOfAFullWalk() throws Exception {
        for (String strategy : List.of("auto", "nodePodCIDRs", "coverPodIPs")) {
            try (PodSubnets followed = PodSubnets.follow(cluster.stores, strategy, List.of())) {
                for (int i = 0; i < CHANGES; i++) {
                    change();
                    try (PodSubnets fresh = PodSubnets.follow(cluster.stores, strategy, List.of())) {
                        assertEquals(fresh.find(), followed.find(), strategy + " after change " + i);
                    }
                }
            }
        }
    }

    @Test
    void podsThatWaitOrEndAreThoseOfAFullWalk() {
        Workloads workloads = cluster.workloads();
        for (int i = 0; i < CHANGES; i++) {
            change();
            assertEquals(
                    sorted(cluster.pods.all().stream()
                            .filter(p -> Optional.ofNullable(p.getMetadata().getAnnotations())
                                    .filter(a -> a.containsKey("telepresence.io/waiting")
                                            || a.containsKey("telepresence.io/ending"))
                                    .isPresent())
                            .toList()),
                    sorted(workloads.turning()),
                    "after change " + i);
        }
    }

    private static List<Pod> sorted(List<Pod> pods) {
        List<Pod> sorted = new ArrayList<>(pods);
        sorted.sort(Comparator.comparing(
                p -> p.getMetadata().getNamespace() + "/" + p.getMetadata().getName()));
        return sorted;
    }
}

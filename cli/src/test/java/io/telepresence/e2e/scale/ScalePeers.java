package io.telepresence.e2e.scale;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.telepresence.agent.manager.ManagerClient;
import io.telepresence.agent.report.TrafficReport;
import io.telepresence.agree.AgentNames;
import io.telepresence.agree.Versions;
import io.telepresence.rpc.agent.AgentArrival;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClientBeat;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.rpc.manager.Workload;
import io.telepresence.rpc.manager.WorkloadQuery;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import io.telepresence.tunnel.pool.Carriers;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Many agents and many clients in one program: each agent is the agent's own link with a token of a pod of
 * {@link ScaleObjects}; each client opens what a user daemon and {@code telepresence list --watch} open.
 */
public final class ScalePeers {
    private final ScaleSize size;
    private final List<Client> clients = new ArrayList<>();

    private ScalePeers(ScaleSize size) {
        this.size = size;
    }

    /** {@code SIZE AGENT-PORT CLIENT-PORT FILE}: ports are HOST:PORT; twice a second FILE is told how things stand. */
    public static void main(String[] arguments) throws Exception {
        ScalePeers peers = new ScalePeers(ScaleSize.parse(arguments[0]));
        try (KubernetesClient client = new KubernetesClientBuilder().build()) {
            for (int i = 0; i < peers.size.agents(); i++) {
                agent(client, peers.size.pod(i), ScaleSize.workload(i % peers.size.workloads()), address(arguments[1]));
            }
        }
        for (int i = 0; i < peers.size.clients(); i++) {
            peers.clients.add(new Client("dev-" + i, peers.size, address(arguments[2])));
        }
        Path file = Path.of(arguments[3]);
        Path next = Path.of(arguments[3] + ".next");
        while (true) {
            Files.writeString(next, peers.state());
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            LockSupport.parkNanos(500_000_000);
        }
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    /** Lines KEY=VALUE: what the manager has told the first client, and all of them together. */
    private String state() {
        return "agents=" + clients.getFirst().agents()
                + "\nclients=" + clients.stream().filter(Client::sees).count()
                + "\nlists="
                + clients.stream().mapToLong(c -> c.lists.get()).min().orElse(0) + "\n";
    }

    private static void agent(KubernetesClient client, String name, String workload, InetSocketAddress manager) {
        Pod pod =
                client.pods().inNamespace(ScaleObjects.NAMESPACE).withName(name).get();
        String uid = pod.getMetadata().getUid();
        TokenRequest token = client.serviceAccounts()
                .inNamespace(ScaleObjects.NAMESPACE)
                .withName("default")
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withAudiences(AgentNames.AUDIENCE)
                        .withExpirationSeconds(Duration.ofHours(1).toSeconds())
                        .withNewBoundObjectRef("v1", "Pod", name, uid)
                        .endSpec()
                        .build());
        AgentArrival arrival = AgentArrival.newBuilder()
                .setPodName(name)
                .setPodUid(uid)
                .setPodIp(pod.getStatus().getPodIP())
                .setNamespace(ScaleObjects.NAMESPACE)
                .setWorkload(workload)
                .setWorkloadKind("Deployment")
                .setVersion(Versions.info("Traffic Agent"))
                .addContainers(AgentContainer.newBuilder()
                        .setName("app")
                        .addPorts(AgentPort.newBuilder().setContainerPort(8080).setAgentPort(9900)))
                .build();
        String text = token.getStatus().getToken();
        ManagerClient.open(
                new ManagerClient.Settings(manager, arrival, () -> text, _ -> {}, _ -> {}, Duration.ofSeconds(15)),
                new TrafficReport(),
                _ -> {},
                Map::of);
    }

    /** One that arrives, watches, and does so again whenever that has ended. */
    private static final class Client {
        private final String name;
        private final ScaleSize size;
        private final Carriers carriers;
        private final AtomicLong lists = new AtomicLong();
        private volatile String session = "";
        private volatile WorkloadSnapshot last = WorkloadSnapshot.getDefaultInstance();

        Client(String name, ScaleSize size, InetSocketAddress manager) {
            this.name = name;
            this.size = size;
            this.carriers = Carriers.open(name, manager, 1, this::beat);
            Thread.ofVirtual().start(this::run);
        }

        int agents() {
            return last.getWorkloadsList().stream()
                    .mapToInt(Workload::getAgents)
                    .sum();
        }

        /** Whether it has a list of this manager, and all workloads are in it. */
        boolean sees() {
            return last.getWorkloadsCount() >= size.workloads();
        }

        private void beat(ManagedChannel channel, Duration deadline) {
            if (!session.isEmpty()) {
                ManagerGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
                        .remain(ClientBeat.newBuilder().setSessionId(session).build());
            }
        }

        private void run() {
            while (true) {
                try {
                    watch();
                } catch (Exception e) {
                    last = WorkloadSnapshot.getDefaultInstance();
                }
                java.util.concurrent.locks.LockSupport.parkNanos(
                        Duration.ofSeconds(1).toNanos());
            }
        }

        private void watch() throws InterruptedException {
            ManagedChannel channel = carriers.control().channel();
            channel.resetConnectBackoff();
            session = ManagerGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(5, TimeUnit.SECONDS)
                    .arriveAsClient(ClientArrival.newBuilder()
                            .setName(name + "@scale")
                            .setInstallId(name)
                            .setVersion(Versions.info("User Daemon"))
                            .setNamespace(ScaleObjects.NAMESPACE)
                            .setResumeSessionId(session)
                            .build())
                    .getSessionId();
            SessionRef ref = SessionRef.newBuilder().setSessionId(session).build();
            CountDownLatch over = new CountDownLatch(1);
            ManagerGrpc.ManagerStub manager = ManagerGrpc.newStub(channel);
            manager.watchClusterInfo(ref, new Seen<>(over, _ -> {}));
            manager.watchEngagements(ref, new Seen<>(over, _ -> {}));
            manager.watchDials(ref, new Seen<>(over, _ -> {}));
            manager.watchWorkloads(
                    WorkloadQuery.newBuilder().setSessionId(session).build(), new Seen<>(over, list -> {
                        last = list;
                        lists.incrementAndGet();
                    }));
            over.await();
            last = WorkloadSnapshot.getDefaultInstance();
        }
    }

    private record Seen<T>(CountDownLatch over, java.util.function.Consumer<T> next) implements StreamObserver<T> {
        @Override
        public void onNext(T value) {
            next.accept(value);
        }

        @Override
        public void onError(Throwable error) {
            over.countDown();
        }

        @Override
        public void onCompleted() {
            over.countDown();
        }
    }
}

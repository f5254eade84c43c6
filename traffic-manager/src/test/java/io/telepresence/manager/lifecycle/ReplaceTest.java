package io.telepresence.manager.lifecycle;

import static io.telepresence.engagement.EngagementKind.INGEST;
import static io.telepresence.engagement.EngagementKind.REPLACE;
import static io.telepresence.manager.engagement.Specs.port;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.Port;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.engagement.Specs;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.readiness.AgentReadiness;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.run.Watched;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From the wish to replace a container to the container's return; the pods are told of by their agents. */
@Timeout(20)
class ReplaceTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final WorkloadRef QUEUE = new WorkloadRef("Deployment", "default", "queue");
    private final FakeCluster cluster = new FakeCluster();
    private final Workloads workloads = cluster.workloads();
    private final FakeTime time = new FakeTime();
    private final SessionRegistry sessions = new SessionRegistry(time);
    private final BlockingQueue<String> ended = new LinkedBlockingQueue<>();
    private final EngagementRegistry engagements = new EngagementRegistry(sessions, Duration.ofMinutes(10));
    private final SidecarConfigs sidecars = new SidecarConfigs(
            workloads, new SidecarConfigs.Settings("traffic-manager.ambassador", 8081, 9900, "INFO"), engagements);
    private final FakeInstaller installer = new FakeInstaller();
    private ContainerRestorer restorer;
    private CreateEngagement createEngagement;
    private ClientSession ann;
    private ClientSession bob;

    /** Pods become as they are wished when a test says so. */
    private final class FakeInstaller implements AgentInstaller {
        final BlockingQueue<WorkloadRef> asked = new LinkedBlockingQueue<>();
        volatile boolean settled;

        @Override
        public void ensure(WorkloadRef workload, DesiredConfig wish, Consumer<String> told) {
            asked.add(workload);
        }

        @Override
        public boolean settled(WorkloadRef workload, DesiredConfig wish) {
            return settled;
        }

        @Override
        public Watched<String> trouble() {
            return new Watched<>("");
        }
    }

    @BeforeEach
    void open() {
        cluster.addEcho();
        engagements.whenEnded(ended::add);
        cluster.add(
                """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: queue, uid: d-queue},
                 spec: {replicas: 1, template: {metadata: {labels: {app: queue}}, spec: {containers:
                   [{name: worker, ports: [{name: http, containerPort: 8080}, {containerPort: 53, protocol: UDP}]},
                    {name: log}]}}}}
                """);
        restore(Duration.ofSeconds(15));
        ann = client("ann@laptop", "default");
        bob = client("bob@desk", "other");
    }

    private void restore(Duration limit) {
        restorer = ContainerRestorer.open(engagements, sidecars, workloads, installer, limit);
        AgentReadiness wait = new AgentReadiness(workloads, sessions, _ -> _ -> List.of(), installer);
        createEngagement =
                CreateEngagementBench.create(engagements, sidecars, workloads, installer, wait, restorer, true);
    }

    @AfterEach
    void close() throws Exception {
        restorer.close();
    }

    @Test
    void itDeliversFromTheStartAndIsActiveWhenOnlyPodsWithoutTheContainerServe() throws Exception {
        AgentSession.Agent old = agent("echo-abc-1", Set.of());
        sessions.watching(sessions.arrive(old, "").session(), true);
        CompletableFuture<RegisteredEngagement> reserved = new CompletableFuture<>();
        CompletableFuture<RegisteredEngagement> active = engageLater(Specs.of(REPLACE, "echo", ""), reserved);
        RegisteredEngagement entered = reserved.get(10, TimeUnit.SECONDS);
        assertEquals("echo/app", entered.spec().name());
        assertEquals(Map.of("app", Set.of(Port.of(false, 8080))), engagements.of(ECHO));
        AgentSession.Agent stand = agent("echo-abc-2", Set.of("app"));
        assertEquals(List.of(), EngagementRegistry.forAgent(engagements.all().get(), old));
        assertEquals(
                List.of(entered), EngagementRegistry.forAgent(engagements.all().get(), stand));
        AgentSession session = sessions.arrive(stand, "").session();
        sessions.watching(session, true);
        assertTrue(
                engagements.receiver(session, entered.id(), "127.0.0.1", 8080).isPresent());
        cluster.addEchoPod("echo-abc-2", "True");
        assertFalse(active.isDone(), "a pod with the container still serves");
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: echo-abc-1, uid: uid-echo-abc-1, labels: {app: echo},
                   annotations: {telepresence.io/replaced: 'Deployment echo pod-template-hash abc'}},
                 spec: {containers: []}, status: {phase: Running}}
                """);
        sessions.watching(session, false);
        sessions.watching(session, true);
        assertFalse(active.isDone(), "a pod with the container still runs");
        cluster.pods.remove(cluster.pods.get("default", "echo-abc-1").orElseThrow());
        assertTrue(active.get(10, TimeUnit.SECONDS).active());
    }

    @Test
    void itGoesOnDeliveringWhileTheContainerComesBack() throws Exception {
        RegisteredEngagement active = replaced();
        AgentSession stand = sessions.agents(ECHO).getFirst();
        installer.asked.clear();
        CompletableFuture<Void> left = endLater(active);
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS));
        assertEquals(Map.of(), engagements.of(ECHO), "new pods have the container");
        RegisteredEngagement ending = engagements.find(active.id()).orElseThrow();
        assertEquals(EngagementState.TERMINATING, ending.state());
        assertTrue(engagements.receiver(stand, active.id(), "127.0.0.1", 8080).isPresent());
        assertFalse(left.isDone());
        assertTrue(ended.isEmpty());
        FaultException again =
                assertThrows(FaultException.class, () -> engage(ann, Specs.of(REPLACE, "echo", ""), new Quiet()));
        assertTrue(again.fault().text().contains("is being ended"), again.fault()::text);
        installer.settled = true;
        left.get(10, TimeUnit.SECONDS);
        assertEquals(active.id(), ended.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void aContainerThatDoesNotComeBackInTimeIsToldAndTriedOn() throws Exception {
        close();
        restore(Duration.ofMillis(200));
        RegisteredEngagement active = replaced();
        FaultException fault = assertThrows(FaultException.class, () -> createEngagement.end(active));
        assertTrue(
                fault.fault().text().startsWith("container app of Deployment echo.default is not back"),
                fault.fault()::text);
        assertEquals(
                EngagementState.TERMINATING,
                engagements.find(active.id()).orElseThrow().state());
        CompletableFuture<Void> gone = new CompletableFuture<>();
        engagements.all().watch(all -> {
            if (all.isEmpty()) {
                gone.complete(null);
            }
        });
        installer.settled = true;
        gone.get(15, TimeUnit.SECONDS);
    }

    @Test
    void aReplaceThatIsLeftWhileItWaitsGoesOnDeliveringUntilTheContainerIsBack() throws Exception {
        CompletableFuture<RegisteredEngagement> reserved = new CompletableFuture<>();
        CompletableFuture<RegisteredEngagement> active = engageLater(Specs.of(REPLACE, "echo", ""), reserved);
        RegisteredEngagement waiting = reserved.get(10, TimeUnit.SECONDS);
        CompletableFuture<Void> left = endLater(waiting);
        CompletableFuture<Void> leftTwice = endLater(waiting);
        assertThrows(java.util.concurrent.ExecutionException.class, () -> active.get(5, TimeUnit.SECONDS));
        assertEquals(
                EngagementState.TERMINATING,
                engagements.find(waiting.id()).orElseThrow().state());
        assertFalse(left.isDone());
        installer.settled = true;
        left.get(10, TimeUnit.SECONDS);
        leftTwice.get(10, TimeUnit.SECONDS);
        assertEquals(List.of(), engagements.all().get());
    }

    @Test
    void whatIsRevokedWhileItEndsHoldsNobodyUp() throws Exception {
        RegisteredEngagement active = replaced();
        CompletableFuture<Void> left = endLater(active);
        CompletableFuture<Void> ending = new CompletableFuture<>();
        AutoCloseable watch = engagements.all().watch(all -> {
            if (all.stream().anyMatch(e -> e.state() == EngagementState.TERMINATING)) {
                ending.complete(null);
            }
        });
        ending.get(10, TimeUnit.SECONDS);
        watch.close();
        engagements.expel(active.id(), "revoked by an administrator");
        left.get(5, TimeUnit.SECONDS);
        assertEquals(List.of(), engagements.all().get());
    }

    @Test
    void theEndOfTheSessionBringsTheContainerBackAtOnce() throws Exception {
        replaced();
        installer.asked.clear();
        installer.settled = true;
        sessions.depart(SessionIds.of(ann), Caller.UNKNOWN);
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS));
        assertEquals(List.of(), engagements.all().get());
    }

    @Test
    void aReplaceThatFailsBringsTheContainerBack() throws Exception {
        installer.settled = true;
        FaultException fault = assertThrows(
                FaultException.class,
                () -> createEngagement.engage(ann, Specs.of(REPLACE, "echo", ""), Duration.ofMillis(50), new Quiet()));
        assertTrue(fault.fault().text().contains("timed out"), fault.fault()::text);
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS));
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS));
        assertEquals(Map.of(), engagements.of(ECHO));
    }

    @Test
    void whatAPredecessorReplacedIsKeptUntilItIsClaimedOrTheTimeIsOver() throws Exception {
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: echo-abc-1, uid: u1, labels: {app: echo},
                   annotations: {telepresence.io/agent-config: '{"containers": [{"name": "app", "replaced": true,
                     "ports": [{"containerPort": 8080}, {"protocol": "UDP", "containerPort": 53}]}, {"name": "x"}]}'},
                   ownerReferences:
                     [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}]},
                 spec: {containers: [{name: traffic-agent}]}, status: {phase: Running}}
                """);
        OrphanedReplacements orphaned = OrphanedReplacements.of(engagements, workloads, cluster.pods.all());
        assertEquals(Map.of("app", Set.of(Port.of(false, 8080), Port.of(true, 53))), orphaned.of(ECHO));
        assertEquals(Set.of(ECHO), orphaned.expire());
        assertEquals(Map.of(), orphaned.of(ECHO));
        OrphanedReplacements taken = OrphanedReplacements.of(engagements, workloads, cluster.pods.all());
        createEngagement.restore(ann, Specs.of(REPLACE, "echo", ""), new CreateEngagement.Before("", "10.244.0.5", ""));
        assertEquals(Set.of("app"), taken.of(ECHO).keySet());
        assertEquals(Set.of(), taken.expire());
        engagements.ending(engagements.find(ann, "echo/app").orElseThrow().id());
        assertEquals(Map.of(), taken.of(ECHO), "what was claimed once is not claimed again");
    }

    @Test
    void aWorkerThatNoServiceKnowsCanBeReplacedAndIngested() throws Exception {
        assertEquals(
                "Deployment queue.default has several containers: worker, log",
                fault(Specs.of(REPLACE, "queue", "")).text());
        assertEquals(
                "Deployment queue.default has no container named nobody",
                fault(Specs.of(INGEST, "queue", "nobody")).text());
        RegisteredEngagement worker = reserve(Specs.of(REPLACE, "queue", "worker"));
        assertEquals(
                List.of("8080 false", "53 true"),
                worker.ports().stream()
                        .map(p -> p.containerPort() + " " + p.udp())
                        .toList());
        RegisteredEngagement log = reserve(Specs.of(REPLACE, "queue", "log"));
        assertEquals(List.of(), log.ports());
        assertEquals(
                "queue.default/log",
                reserve(bob, Specs.of(INGEST, "queue", "log")).spec().name());
        assertEquals(Set.of("worker", "log"), engagements.of(QUEUE).keySet());
    }

    @Test
    void portsOfAReplaceAreDeclaredOrNumbers() throws Exception {
        RegisteredEngagement engagement =
                reserve(Specs.of(REPLACE, "queue", "worker", port(1080, "http"), port(0, "9000/UDP")));
        assertEquals(
                List.of("1080 8080 false", "9000 9000 true"),
                engagement.ports().stream()
                        .map(p -> p.localPort() + " " + p.containerPort() + " " + p.udp())
                        .toList());
        assertEquals(
                "container worker of Deployment queue.default has no port web",
                fault(Specs.of(REPLACE, "queue", "worker", port(1, "web"))).text());
        assertEquals(
                "container ports 8080 and 9000 of Deployment queue.default cannot both go to local port 5",
                fault(Specs.of(REPLACE, "queue", "worker", port(5, "8080"), port(5, "9000")))
                        .text());
        assertEquals(
                "an ingest has no ports",
                fault(Specs.of(INGEST, "queue", "worker", port(5, "8080"))).text());
    }

    /** A replace by Ann that is active. */
    private RegisteredEngagement replaced() throws Exception {
        sessions.watching(
                sessions.arrive(agent("echo-abc-1", Set.of("app")), "").session(), true);
        return engage(ann, Specs.of(REPLACE, "echo", ""), new Quiet());
    }

    private RegisteredEngagement reserve(EngagementSpec spec) throws Exception {
        return reserve(ann, spec);
    }

    /** What is entered before the wait for agents, which here never come. */
    private RegisteredEngagement reserve(ClientSession client, EngagementSpec spec) throws Exception {
        CompletableFuture<RegisteredEngagement> reserved = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                engage(client, spec, new Quiet() {
                    @Override
                    public void reserved(RegisteredEngagement engagement) {
                        reserved.complete(engagement);
                    }
                });
            } catch (Exception e) {
                reserved.completeExceptionally(e);
            }
        });
        return reserved.get(10, TimeUnit.SECONDS);
    }

    private Fault fault(EngagementSpec spec) {
        return assertThrows(FaultException.class, () -> engage(ann, spec, new Quiet()))
                .fault();
    }

    private RegisteredEngagement engage(ClientSession client, EngagementSpec spec, CreateEngagement.Progress progress)
            throws Exception {
        return createEngagement.engage(client, spec, Duration.ofSeconds(15), progress);
    }

    private CompletableFuture<RegisteredEngagement> engageLater(
            EngagementSpec spec, CompletableFuture<RegisteredEngagement> reserved) {
        CompletableFuture<RegisteredEngagement> active = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                active.complete(engage(ann, spec, new Quiet() {
                    @Override
                    public void reserved(RegisteredEngagement engagement) {
                        reserved.complete(engagement);
                    }
                }));
            } catch (Exception e) {
                active.completeExceptionally(e);
            }
        });
        return active;
    }

    private CompletableFuture<Void> endLater(RegisteredEngagement engagement) {
        CompletableFuture<Void> left = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                createEngagement.end(engagement);
                left.complete(null);
            } catch (Exception e) {
                left.completeExceptionally(e);
            }
        });
        return left;
    }

    private static class Quiet implements CreateEngagement.Progress {
        @Override
        public void waiting(String sentence) {}

        @Override
        public void reserved(RegisteredEngagement engagement) {}
    }

    private ClientSession client(String name, String namespace) {
        return sessions.arrive(new ClientSession.Client(name, name, namespace, ""), "")
                .session();
    }

    private static AgentSession.Agent agent(String pod, Set<String> replaced) {
        return new AgentSession.Agent(
                pod, "uid-" + pod, "10.244.0.5", ECHO, "v0.1.0", Set.of(Port.of(false, 8080)), replaced);
    }
}

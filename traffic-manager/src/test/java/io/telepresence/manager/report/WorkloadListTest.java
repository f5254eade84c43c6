package io.telepresence.manager.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.Port;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.lifecycle.CreateEngagementBench;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.run.Closers;
import io.telepresence.run.Watched;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class WorkloadListTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final WorkloadRef BARE = new WorkloadRef("Deployment", "default", "bare");
    private static final String WHY = "it uses the network of its node (hostNetwork)";

    private final CreateEngagementBench bench = new CreateEngagementBench();

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    @Test
    void theListCountsAgentsAndNamesObstacles() throws Exception {
        bare();
        AgentSession.Agent agent = new AgentSession.Agent(
                "echo-abc-1", "uid-echo-abc-1", "10.244.0.5", ECHO, "v0.1.0", Set.of(Port.of(false, 8080)), Set.of());
        bench.sessions.watching(bench.sessions.arrive(agent, "").session(), true);
        List<WorkloadList.WorkloadInfo> lines = CreateEngagementBench.board(
                        bench.workloads, bench.sessions, bench.engagements, bench.installer)
                .lines(List.of("default"));
        assertEquals(
                List.of(0, 1),
                lines.stream().map(WorkloadList.WorkloadInfo::agents).toList());
        assertEquals(WHY, lines.getFirst().obstacle());
        assertEquals("", lines.getLast().obstacle());
        assertEquals("v0.1.0", lines.getLast().agentVersion());
    }

    @Test
    void agentsOfBeforeAnUpgradeAreCountedUntilTheirPodsAreReplaced() throws Exception {
        WorkloadList board =
                CreateEngagementBench.board(bench.workloads, bench.sessions, bench.engagements, bench.installer);
        assertEquals(0, board.lines(List.of("default")).getLast().earlierAgents(), "none has an agent");
        podWithAgent("echo-abc-2", "agent:1");
        podWithAgent("echo-abc-3", CreateEngagementBench.AGENT_IMAGE);
        assertEquals(1, board.lines(List.of("default")).getLast().earlierAgents());
        bench.cluster.pods.remove(
                bench.cluster.pods.get("default", "echo-abc-2").orElseThrow());
        assertEquals(0, board.lines(List.of("default")).getLast().earlierAgents());
    }

    /** Its author chose the image, and only he can change it. */
    @Test
    void anAgentInTheTemplateIsNoneOfBefore() throws Exception {
        bench.cluster.add(
                """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: echo, namespace: default, uid: d-echo},
                 spec: {replicas: 1, selector: {matchLabels: {app: echo}}, template: {metadata: {labels: {app: echo}},
                   spec: {containers: [{name: app}, {name: traffic-agent, image: "mine:1"}]}}}}
                """);
        podWithAgent("echo-abc-2", "mine:1");
        WorkloadList board =
                CreateEngagementBench.board(bench.workloads, bench.sessions, bench.engagements, bench.installer);
        assertEquals(0, board.lines(List.of("default")).getLast().earlierAgents());
    }

    private void podWithAgent(String name, String image) {
        bench.cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: %s, uid: uid-%s, labels: {app: echo}, ownerReferences:
                   [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}]},
                 spec: {containers: [{name: app}, {name: traffic-agent, image: "%s"}]},
                 status: {phase: Running, podIP: 10.244.0.6, conditions: [{type: Ready, status: "True"}]}}
                """
                        .formatted(name, name, image));
    }

    /** However many watch, a change is looked at once, and all are given the same list. */
    @Test
    void whoWatchesTheSameIsGivenTheSame() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AgentInstaller counting = new Installer(asked);
        WorkloadList board = CreateEngagementBench.board(bench.workloads, bench.sessions, bench.engagements, counting);
        List<BlockingQueue<List<WorkloadList.WorkloadInfo>>> seen = new ArrayList<>();
        try (Closers watches = new Closers()) {
            for (int i = 0; i < 20; i++) {
                BlockingQueue<List<WorkloadList.WorkloadInfo>> lists = new LinkedBlockingQueue<>();
                seen.add(lists);
                watches.add(board.watch(List.of("default"), lists::add));
            }
            List<WorkloadList.WorkloadInfo> before = seen.getFirst().poll(5, TimeUnit.SECONDS);
            for (int i = 1; i < 20; i++) {
                assertSame(before, seen.get(i).poll(5, TimeUnit.SECONDS));
            }
            int looked = asked.get();
            bench.cluster.addEchoPod("echo-abc-2", "True");
            List<WorkloadList.WorkloadInfo> after = seen.getFirst().poll(5, TimeUnit.SECONDS);
            for (int i = 1; i < 20; i++) {
                assertSame(after, seen.get(i).poll(5, TimeUnit.SECONDS));
            }
            assertEquals(2, after.getFirst().readyPods());
            assertEquals(1, asked.get() - looked);
        }
        BlockingQueue<List<WorkloadList.WorkloadInfo>> later = new LinkedBlockingQueue<>();
        try (AutoCloseable watch = board.watch(List.of("default"), later::add)) {
            assertEquals(2, later.poll(5, TimeUnit.SECONDS).getFirst().readyPods(), watch::toString);
        }
    }

    /** Counts the lines that are made. */
    private record Installer(AtomicInteger asked) implements AgentInstaller {
        @Override
        public void ensure(WorkloadRef workload, DesiredConfig wish, Consumer<String> progress) {
            throw new AssertionError("nobody engages");
        }

        @Override
        public Optional<String> obstacle(KubernetesWorkload workload) {
            asked.incrementAndGet();
            return Optional.empty();
        }

        @Override
        public boolean settled(WorkloadRef workload, DesiredConfig wish) {
            return true;
        }

        @Override
        public Watched<String> trouble() {
            return new Watched<>("");
        }
    }

    @Test
    void whatTheListNamesIsRefusedBeforeAnyPodIsTouched() {
        bare();
        bench.installer.action = () -> {
            throw new AssertionError("pods were touched");
        };
        EngagementSpec spec = new EngagementSpec(
                EngagementKind.INGEST,
                "bare",
                "default",
                "bare",
                "",
                "",
                "",
                "127.0.0.1",
                List.of(),
                EngagementOptions.NONE);
        ClientSession ann = bench.sessions
                .arrive(new ClientSession.Client("ann", "ann", "default", ""), "")
                .session();
        FaultException refused = assertThrows(
                FaultException.class,
                () -> bench.createEngagement.engage(ann, spec, Duration.ofSeconds(15), new Quiet()));
        assertEquals(
                "Deployment bare.default cannot have a traffic-agent: " + WHY,
                refused.fault().text());
    }

    private record Quiet() implements CreateEngagement.Progress {
        @Override
        public void waiting(String sentence) {}

        @Override
        public void reserved(RegisteredEngagement engagement) {}
    }

    private void bare() {
        bench.cluster.add("{apiVersion: apps/v1, kind: Deployment, metadata: {name: bare}, spec: {template: {spec:"
                + " {containers: [{name: a}]}}}}");
        bench.installer.obstacles.put(BARE, WHY);
    }
}

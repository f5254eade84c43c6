package io.telepresence.manager.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.PortRequest;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.readiness.AgentCoverage;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.run.Watched;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is engaged is served by every ready pod, or {@code list} says why not. */
@Timeout(20)
class EngagementReconcilerTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");

    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final Installing installer = new Installing();
    private final ClientSession ann = bench.sessions
            .arrive(new ClientSession.Client("ann", "ann", "default", ""), "")
            .session();
    private EngagementReconciler reconciler;
    private AgentCoverage coverage;

    /** Makes pods as they are wished when it is asked to, unless it fails. */
    private final class Installing implements AgentInstaller {
        final LinkedBlockingQueue<WorkloadRef> asked = new LinkedBlockingQueue<>();
        final Watched<String> trouble = new Watched<>("");
        volatile Fault failure;

        /** Of replacements that begin well. */
        volatile Fault later;

        @Override
        public void ensure(WorkloadRef workload, DesiredConfig wish, Consumer<String> progress) throws FaultException {
            assertTrue(wish.now().isPresent());
            asked.add(workload);
            if (failure != null) {
                throw failure.exception();
            }
            if (later == null) {
                pod("traffic-agent");
            }
        }

        @Override
        public Optional<Fault> failure(WorkloadRef workload) {
            return Optional.ofNullable(later);
        }

        @Override
        public boolean settled(WorkloadRef workload, DesiredConfig wish) {
            return true;
        }

        @Override
        public Watched<String> trouble() {
            return trouble;
        }
    }

    @BeforeEach
    void open() {
        Duration soon = Duration.ofMillis(20);
        reconciler = EngagementReconciler.open(
                bench.engagements,
                bench.sidecars,
                bench.workloads,
                installer,
                new EngagementReconciler.Limits(Duration.ofMinutes(1), soon, soon, Duration.ofMillis(5)));
        coverage = new AgentCoverage(bench.workloads, bench.sessions, reconciler.failures());
    }

    @AfterEach
    void close() throws Exception {
        reconciler.close();
        bench.close();
    }

    private void pod(String container) {
        bench.cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: echo-abc-1, uid: uid-echo-abc-1, labels: {app: echo},
                   ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: echo-abc, uid: r-echo, controller: true}]},
                 spec: {containers: [{name: app}, {name: %s}]},
                 status: {phase: Running, podIP: 10.244.0.5, conditions: [{type: Ready, status: "True"}]}}
                """
                        .formatted(container));
    }

    private void restore(EngagementKind kind) throws Exception {
        List<PortRequest> ports = kind == EngagementKind.INGEST ? List.of() : List.of(new PortRequest(8080, ""));
        bench.createEngagement.restore(
                ann,
                new EngagementSpec(
                        kind, "echo", "default", "echo", "", "", "", "127.0.0.1", ports, EngagementOptions.NONE),
                new CreateEngagement.Before("", "10.244.0.5", ""));
    }

    private List<AgentCoverage.Bypass> bypasses() {
        return coverage.bypasses(ECHO, bench.engagements.all().get());
    }

    @ParameterizedTest
    @EnumSource
    void podsThatCameWhileTheManagerWasAwayGetAgents(EngagementKind kind) throws Exception {
        restore(kind);
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void soDoPodsThatComeLater() throws Exception {
        pod("traffic-agent");
        restore(EngagementKind.INTERCEPT);
        bench.cluster.addEchoPod("echo-abc-2", "True");
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void whatFailsAfterItsBeginIsTriedAgainAtOnce() throws Exception {
        installer.later = Fault.unreachable("its successor did not become ready", "");
        restore(EngagementKind.INTERCEPT);
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS));
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS), "it is tried again");
    }

    @Test
    void theListSaysWhichPodsAreBypassedAndWhy() throws Exception {
        installer.failure = Fault.user("the quota is full", "");
        restore(EngagementKind.INTERCEPT);
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS));
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS), "it is tried again");
        assertEquals(
                List.of(new AgentCoverage.Bypass(
                        "echo-abc-1", "it was created without a traffic-agent: the quota is full")),
                bypasses());
        installer.failure = null;
        until(() -> bypasses().getFirst().reason().equals("its traffic-agent is not connected"));
        arrives(8080);
        assertEquals(List.of(), bypasses());
        until(() -> reconciler.failures().get().isEmpty());
    }

    @Test
    void anAgentThatDoesNotServeThePortIsNamed() throws Exception {
        pod("traffic-agent");
        restore(EngagementKind.INTERCEPT);
        arrives(9090);
        assertEquals(
                List.of(new AgentCoverage.Bypass(
                        "echo-abc-1", "its traffic-agent does not serve the intercept \"echo\" of ann")),
                bypasses());
    }

    @Test
    void noPodIsReplacedWhileTheWebhookCannotBeReached() throws Exception {
        installer.trouble.set("the webhook is away");
        restore(EngagementKind.INTERCEPT);
        until(() -> !reconciler.failures().get().isEmpty());
        assertNull(installer.asked.poll(100, TimeUnit.MILLISECONDS));
        assertTrue(bypasses().getFirst().reason().endsWith("the webhook is away"));
        installer.trouble.set("");
        assertEquals(ECHO, installer.asked.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void whatNobodyEngagesStaysAsItIs() throws Exception {
        bench.sidecars.found(ECHO, false);
        bench.cluster.addEchoPod("echo-abc-2", "True");
        assertNull(installer.asked.poll(300, TimeUnit.MILLISECONDS));
        assertEquals(List.of(), bypasses());
    }

    private static void until(BooleanSupplier holds) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!holds.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "not in time");
            Thread.onSpinWait();
        }
    }

    private void arrives(int port) {
        bench.sessions.arrive(
                new AgentSession.Agent(
                        "echo-abc-1",
                        "uid-echo-abc-1",
                        "10.244.0.5",
                        ECHO,
                        "v0.1.0",
                        Set.of(Port.of(false, port)),
                        Set.of()),
                "");
    }
}

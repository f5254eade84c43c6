package io.telepresence.manager.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.PortRequest;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.readiness.PodProblems;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An engagement that fails leaves the workload as it found it. */
@Timeout(20)
class FailedEngagementTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final Duration LONG = Duration.ofSeconds(15);
    private static final Duration SHORT = Duration.ofMillis(50);

    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final ClientSession ann = client("ann@laptop");
    private final ClientSession bob = client("bob@desk");

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    @Test
    void itsLaterPodsGetNoAgentAndThoseThatCameGo() throws Exception {
        bench.installer.action = () -> agentArrives("echo-abc-1");
        fails(ann, EngagementKind.INTERCEPT);
        assertFalse(bench.sidecars.desired(ECHO), "the next pod would get an agent that cannot run");
        assertEquals(ECHO, bench.installer.givenBack.poll(10, TimeUnit.SECONDS));
        bench.installer.action = () -> bench.sessions.watching(agentArrives("echo-abc-1"), true);
        assertTrue(engage(ann, EngagementKind.INTERCEPT, LONG).active());
        assertTrue(bench.sidecars.desired(ECHO));
    }

    @Test
    void whoeverWaitsForAgentsStillGetsThem() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        bench.installer.action = () -> asked.complete(null);
        CompletableFuture<RegisteredEngagement> waits = engageLater();
        asked.get(10, TimeUnit.SECONDS);
        fails(bob, EngagementKind.INGEST);
        assertTrue(bench.sidecars.desired(ECHO));
        bench.sessions.watching(agentArrives("echo-abc-1"), true);
        assertTrue(waits.get(10, TimeUnit.SECONDS).active());
        assertTrue(bench.installer.givenBack.isEmpty());
    }

    @Test
    void agentsThatHaveServedSomebodyStay() throws Exception {
        bench.installer.action = () -> bench.sessions.watching(agentArrives("echo-abc-1"), true);
        RegisteredEngagement had = engage(ann, EngagementKind.INTERCEPT, LONG);
        assertTrue(bench.engagements.remove(had.id()));
        bench.installer.action = () -> {};
        bench.cluster.addEchoPod("echo-abc-2", "True");
        fails(bob, EngagementKind.INTERCEPT);
        assertTrue(bench.sidecars.desired(ECHO));
        assertTrue(bench.installer.givenBack.isEmpty());
    }

    @Test
    void whatTheReplacementOfPodsHasOvercomeEndsNothing() throws Exception {
        bench.events.add(new PodProblems.Event("r-echo", "ReplicaSet echo-abc", "FailedCreate", "exceeded quota"));
        CompletableFuture<RegisteredEngagement> result = engageLater();
        assertThrows(TimeoutException.class, () -> result.get(700, TimeUnit.MILLISECONDS));
        bench.sessions.watching(agentArrives("echo-abc-1"), true);
        assertTrue(result.get(10, TimeUnit.SECONDS).active());
    }

    @Test
    void aReplacementOfPodsThatFailsEndsIt() {
        CompletableFuture<RegisteredEngagement> result = engageLater();
        assertThrows(TimeoutException.class, () -> result.get(100, TimeUnit.MILLISECONDS));
        bench.installer.failure.set(Fault.user("echo-abc-1 cannot be replaced: the disruption budget keep", ""));
        ExecutionException ended = assertThrows(ExecutionException.class, () -> result.get(10, TimeUnit.SECONDS));
        assertTrue(ended.getCause().getMessage().contains("budget keep"), ended::toString);
        assertFalse(bench.sidecars.desired(ECHO));
    }

    private CompletableFuture<RegisteredEngagement> engageLater() {
        CompletableFuture<RegisteredEngagement> result = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                result.complete(engage(ann, EngagementKind.INTERCEPT, LONG));
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private void fails(ClientSession client, EngagementKind kind) {
        assertThrows(FaultException.class, () -> engage(client, kind, SHORT));
    }

    private RegisteredEngagement engage(ClientSession client, EngagementKind kind, Duration limit) throws Exception {
        List<PortRequest> ports = kind == EngagementKind.INGEST ? List.of() : List.of(new PortRequest(8080, ""));
        EngagementSpec spec = new EngagementSpec(
                kind, "echo", "default", "echo", "", "", "", "127.0.0.1", ports, EngagementOptions.NONE);
        return bench.createEngagement.engage(client, spec, limit, new CreateEngagement.Progress() {
            @Override
            public void waiting(String sentence) {}

            @Override
            public void reserved(RegisteredEngagement engagement) {}
        });
    }

    private AgentSession agentArrives(String pod) {
        return bench.sessions
                .arrive(
                        new AgentSession.Agent(
                                pod,
                                "uid-" + pod,
                                "10.244.0.5",
                                ECHO,
                                "v0.1.0",
                                Set.of(Port.of(false, 8080)),
                                Set.of()),
                        "")
                .session();
    }

    private ClientSession client(String name) {
        return bench.sessions
                .arrive(new ClientSession.Client(name, name, "default", ""), "")
                .session();
    }
}

package io.telepresence.manager.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.PortRequest;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.networkpolicy.InjectionWarnings;
import io.telepresence.manager.readiness.AgentReadiness;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a user should know is said before anything is touched, and stays with the engagement. */
@Timeout(20)
class InjectionWarningsTest {
    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final List<String> happened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    @Test
    void areHeardBeforeAgentsAreAskedFor() throws Exception {
        bench.installer.action = () -> {
            happened.add("agents");
            agentArrives();
        };
        InjectionWarnings warnings = (template, wish) -> List.of(
                new InjectionWarnings.Warning(
                        "of " + wish.getWorkload() + " with "
                                + template.getSpec().getContainers().getFirst().getName(),
                        true),
                new InjectionWarnings.Warning("of their arrival", false));
        CreateEngagement createEngagement = new CreateEngagement(
                bench.engagements,
                bench.sidecars,
                bench.workloads,
                bench.installer,
                new AgentReadiness(bench.workloads, bench.sessions, _ -> _ -> List.of(), bench.installer),
                bench.restorer,
                warnings,
                CreateEngagementBench.limits(CreateEngagementBench.none(bench.workloads)));
        EngagementSpec spec = new EngagementSpec(
                EngagementKind.INTERCEPT,
                "echo",
                "default",
                "echo",
                "",
                "",
                "",
                "127.0.0.1",
                List.of(new PortRequest(8080, "")),
                EngagementOptions.NONE);
        RegisteredEngagement active =
                createEngagement.engage(client(), spec, Duration.ofSeconds(10), new CreateEngagement.Progress() {
                    @Override
                    public void waiting(String sentence) {
                        happened.add(sentence);
                    }

                    @Override
                    public void reserved(RegisteredEngagement engagement) {
                        happened.add("reserved");
                    }
                });
        assertEquals(List.of("of echo with app", "of their arrival", "reserved", "agents"), happened);
        assertTrue(active.active());
        assertEquals("of echo with app", active.message());
    }

    private void agentArrives() {
        AgentSession.Agent agent = new AgentSession.Agent(
                "echo-abc-1",
                "uid-echo-abc-1",
                "10.244.0.5",
                new WorkloadRef("Deployment", "default", "echo"),
                "v0.1.0",
                Set.of(Port.of(false, 8080)),
                Set.of());
        bench.sessions.watching(bench.sessions.arrive(agent, "").session(), true);
    }

    private ClientSession client() {
        return bench.sessions
                .arrive(new ClientSession.Client("ann", "ann", "default", ""), "")
                .session();
    }
}

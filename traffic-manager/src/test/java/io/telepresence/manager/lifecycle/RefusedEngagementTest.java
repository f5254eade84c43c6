package io.telepresence.manager.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.Port;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.engagement.Specs;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.networkpolicy.InjectionWarnings;
import io.telepresence.manager.readiness.AgentReadiness;
import io.telepresence.manager.rights.FakeReviews;
import io.telepresence.manager.rights.RequiredGrant;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may not attach changes nothing. */
@Timeout(20)
class RefusedEngagementTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final String ATTACH = "create attachments.telepresence.io \"echo\" in namespace \"default\"";
    private static final String SENTENCE = "bob may not " + ATTACH + ", nor pods/exec there";
    private static final CreateEngagement.Before BEFORE = new CreateEngagement.Before("", "10.0.0.1", "");

    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final FakeReviews api = new FakeReviews().grant("alice", ATTACH);
    private final Rights rights = api.rights(RequiredGrant.EXEC, bench.time);
    private final CreateEngagement createEngagement = new CreateEngagement(
            bench.engagements,
            bench.sidecars,
            bench.workloads,
            bench.installer,
            new AgentReadiness(bench.workloads, bench.sessions, _ -> _ -> List.of(), bench.installer),
            bench.restorer,
            InjectionWarnings.NONE,
            new CreateEngagement.Limits(rights, CreateEngagementBench.none(bench.workloads)));
    private final List<String> told = new ArrayList<>();

    private ClientSession client(String user) {
        return bench.sessions
                .arrive(
                        new ClientSession.Client(user + "@laptop", user, "default", ""),
                        new Caller("key of " + user, FakeReviews.person(user)),
                        "")
                .session();
    }

    private RegisteredEngagement engage(ClientSession client) throws Exception {
        bench.installer.action = () -> {
            told.add("agents");
            bench.sessions.watching(
                    bench.sessions
                            .arrive(
                                    new AgentSession.Agent(
                                            "echo-abc-1",
                                            "uid-echo-abc-1",
                                            "10.244.0.5",
                                            ECHO,
                                            "v0.1.0",
                                            Set.of(Port.of(false, 8080)),
                                            Set.of()),
                                    "")
                            .session(),
                    true);
        };
        return createEngagement.engage(
                client,
                Specs.of(EngagementKind.WIRETAP, "echo", "", Specs.port(8080, "")),
                Duration.ofSeconds(10),
                new CreateEngagement.Progress() {
                    @Override
                    public void waiting(String sentence) {
                        told.add(sentence);
                    }

                    @Override
                    public void reserved(RegisteredEngagement engagement) {
                        told.add("reserved");
                    }
                });
    }

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    @Test
    void nothingIsEngagedNorBroughtIntoPods() {
        FaultException e = assertThrows(FaultException.class, () -> engage(client("bob")));
        assertEquals(Fault.Kind.DENIED, e.fault().kind());
        assertEquals(SENTENCE, e.fault().text());
        assertEquals(List.of(), told);
        assertEquals(List.of(), bench.engagements.all().get());
        assertFalse(bench.sidecars.desired(ECHO));
    }

    @Test
    void whoMayEngages() throws Exception {
        assertTrue(engage(client("alice")).active());
    }

    @Test
    void whatOneHadBeforeComesBackAsRemovedWithTheSentence() throws Exception {
        ClientSession bob = client("bob");
        createEngagement.restore(bob, Specs.of(EngagementKind.WIRETAP, "echo", ""), BEFORE);
        RegisteredEngagement his = bench.engagements.of(bob).getFirst();
        assertEquals(EngagementState.REMOVED, his.state());
        assertEquals(SENTENCE, his.message());
        assertFalse(bench.sidecars.desired(ECHO));
        ClientSession alice = client("alice");
        createEngagement.restore(alice, Specs.of(EngagementKind.WIRETAP, "echo", ""), BEFORE);
        assertTrue(bench.engagements.of(alice).getFirst().active());
    }

    @Test
    void whatNobodyCanSayTakesNothingFromTheClient() {
        ClientSession alice = client("alice");
        api.fails(0);
        FaultException e = assertThrows(
                FaultException.class,
                () -> createEngagement.restore(alice, Specs.of(EngagementKind.WIRETAP, "echo", ""), BEFORE));
        assertEquals(Fault.Kind.UNREACHABLE, e.fault().kind());
        assertEquals(List.of(), bench.engagements.all().get());
    }
}

package io.telepresence.userd.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.Threads;
import io.telepresence.testing.Awaits;
import io.telepresence.userd.apiserver.FakeApi;
import io.telepresence.userd.engage.FakeManager;
import io.telepresence.userd.health.HealthWarning;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who connects to a manager that asks says who it is; to others, or without the right, as far as they let it. */
@Timeout(60)
class ConnectProofTest {
    private static final String OLD =
            "The traffic-manager does not know who you are: this traffic-manager does not ask who"
                    + " its users are. A newer one does: telepresence helm upgrade";
    private static final Status STRANGER = Status.UNAUTHENTICATED.withDescription("who are you?");

    @TempDir
    Path directory;

    private ConnectFixture fixture;
    private FakeGate gate;

    @BeforeEach
    void open() throws Exception {
        fixture = new ConnectFixture(directory);
        gate = fixture.gate;
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private Fault failure() {
        return assertThrows(FaultException.class, fixture::connect).fault();
    }

    private List<String> warnings() {
        return fixture.connector.health().sentences();
    }

    /** As when its time is over, or a new manager has come. */
    private void forget() {
        fixture.manager.sessions.clear();
        fixture.connector.current().orElseThrow().link().carriers().beatNow();
    }

    @Test
    void everyConnectionProvesOneKeyAndTheUserIsKnownBeforeItArrives() throws Exception {
        fixture.manager.refusal = STRANGER;
        ConnectFixture.Connecting connecting = fixture.connecting();
        assertEquals("who are you?", connecting.fault().text());
        assertEquals("telepresence-x7", fixture.manager.tickets.take().getName(), "it has proved it before");
        fixture.manager.refusal = null;
        fixture.api.posts.clear();
        gate.keys.clear();

        ClusterSession session = fixture.connect().session();
        var ticket = fixture.manager.tickets.take();
        assertEquals("telepresence-x7", ticket.getName());
        assertEquals(FakeManager.NONCE, ticket.getNonce());
        assertEquals(1, fixture.api.posts.size());
        assertEquals("alice", session.prover().user());
        assertEquals(List.of(), session.facts().warnings());
        assertEquals(List.of(), warnings());
        Awaits.that("all carriers", () -> gate.keys.size() >= 3);
        assertEquals(1, Set.copyOf(gate.keys).size());
        assertFalse(gate.keys.contains("bad"));
    }

    @Test
    void eachConnectHasAKeyOfItsOwnAndADisconnectEndsTheRenewal() throws Exception {
        fixture.connect();
        assertTrue(renews());
        fixture.connector.disconnect();
        assertFalse(renews());
        String before = gate.keys.getFirst();
        gate.keys.clear();
        fixture.connect();
        assertFalse(gate.keys.contains(before));
    }

    private static boolean renews() {
        return Threads.alive().stream().anyMatch(thread -> thread.getName().equals("renew-proof"));
    }

    @Test
    void aManagerThatDoesNotAskIsToldOnceAndForAll() throws Exception {
        fixture.asksNobody();
        ClusterSession session = fixture.connect().session();
        assertEquals(List.of(OLD), session.facts().warnings());
        assertEquals(List.of(OLD), warnings());
        assertEquals("", session.prover().user());
        assertFalse(fixture.manager.called.contains("beginProof"));
        assertEquals(List.of(), gate.keys);

        // A newer one comes in its place.
        fixture.manager.close();
        fixture.managerReturns();
        assertEquals("telepresence-x7", fixture.manager.tickets.take().getName());
        assertEquals("s1", fixture.manager.arrivals.take().getResumeSessionId());
        Awaits.that("no warning", () -> warnings().isEmpty());
        assertEquals("alice", session.prover().user());
    }

    @Test
    void whoHasNoRightToProveItGoesOnIfTheManagerLetsIt() throws Exception {
        fixture.api.answers.put(ConnectFixture.TICKETS, new FakeApi.Answer(403, "{}"));
        ClusterSession session = fixture.connect().session();
        assertEquals(1, session.facts().warnings().size());
        assertTrue(
                session.facts()
                        .warnings()
                        .getFirst()
                        .startsWith("The traffic-manager does not know who you are: you have no right to create"
                                + " certificatesigningrequests.certificates.k8s.io. The value"),
                session.facts()::toString);
        assertEquals(session.facts().warnings(), warnings());
        assertTrue(fixture.manager.tickets.isEmpty());
    }

    /** Many times, so that what each costs shows. */
    private void connectsAgainAtOnceAndSilently() throws Exception {
        int before = fixture.progress.size();
        long begin = System.nanoTime();
        for (int time = 0; time < 10; time++) {
            Connector.Outcome again = fixture.connect();
            assertTrue(again.already());
            assertEquals(List.of(), again.warnings(), "it has been told");
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        assertTrue(took.compareTo(Duration.ofSeconds(15)) < 0, took::toString);
        assertEquals(before, fixture.progress.size(), fixture.progress::toString);
    }

    @Test
    void whoCannotBeKnownConnectsAgainAsBefore() throws Exception {
        fixture.asksNobody();
        fixture.connect();
        connectsAgainAtOnceAndSilently();
        assertFalse(fixture.manager.called.contains("beginProof"));
        assertEquals(List.of(OLD), warnings(), "status says it");
    }

    @Test
    void whoHasNoRightToProveItConnectsAgainAsBeforeUntilHeHasIt() throws Exception {
        fixture.api.answers.put(ConnectFixture.TICKETS, new FakeApi.Answer(403, "{}"));
        ClusterSession session = fixture.connect().session();
        connectsAgainAtOnceAndSilently();
        assertEquals(session.facts().warnings(), warnings(), "status says it");
        fixture.api.answers.put(ConnectFixture.TICKETS, ConnectFixture.TICKET);
        assertEquals(List.of(), fixture.connect().warnings());
        Awaits.that("it is used", () -> "alice".equals(session.prover().user()));
    }

    /** The session has ended for want of a proof, and the manager takes nobody back without one. */
    @Test
    void whoHasBeenRefusedProvesItWithTheNextConnect() throws Exception {
        fixture.api.answers.put(ConnectFixture.TICKETS, new FakeApi.Answer(403, "{}"));
        ClusterSession session = fixture.connect().session();
        fixture.manager.refusal = STRANGER;
        forget();
        Awaits.that("the warning", () -> fixture.connector.health().has(HealthWarning.SESSION));
        List<String> still = fixture.connect().warnings();
        assertEquals(1, still.size(), still::toString);
        assertTrue(still.getFirst().startsWith(HealthWarning.SESSION.say("")), still::toString);
        fixture.manager.refusal = null;
        fixture.api.answers.put(ConnectFixture.TICKETS, ConnectFixture.TICKET);
        assertEquals(List.of(), fixture.connect().warnings(), "it has waited for that");
        assertEquals("alice", session.prover().user());
    }

    @Test
    void whoHasNoRightToProveItHearsOfThatWhenItIsRefused() throws Exception {
        fixture.api.answers.put(ConnectFixture.TICKETS, new FakeApi.Answer(403, "{}"));
        fixture.manager.refusal = STRANGER;
        Fault fault = failure();
        assertEquals("you have no right to create certificatesigningrequests.certificates.k8s.io", fault.text());
        assertEquals(Fault.Kind.DENIED, fault.kind());
        assertTrue(fault.remedy().contains("clientRbac.create"), fault::remedy);
        assertEquals(List.of(), warnings());
        fixture.manager.refusal = Status.RESOURCE_EXHAUSTED.withDescription("too many clients");
        assertEquals("too many clients", failure().text(), "another reason is that reason");
    }

    @Test
    void aTicketThatIsRefusedIsToldAndNobodyArrives() throws Exception {
        fixture.manager.ticketRefusal = Status.PERMISSION_DENIED.withDescription("the ticket is not yours");
        assertEquals("the ticket is not yours", failure().text());
        assertTrue(fixture.manager.arrivals.isEmpty());
        fixture.assertNothingIsLeft();
    }

    @Test
    void aSleepIsAReasonToProveItAgainAndSoIsTheConnectThatBringsCredentials() throws Exception {
        ClusterSession session = fixture.connect().session();
        fixture.manager.tickets.take();
        session.link().awoke();
        assertEquals("telepresence-x7", fixture.manager.tickets.take().getName());
        fixture.api.answers.put(ConnectFixture.TICKETS, new FakeApi.Answer(401, "{}"));
        session.link().awoke();
        Awaits.that(
                "both warnings",
                () -> fixture.connector.health().has(HealthWarning.CREDENTIALS)
                        && fixture.connector.health().has(HealthWarning.IDENTITY));
        assertEquals("alice", session.prover().user(), "the manager knows it still");
        Connector.Outcome still = fixture.connect();
        assertEquals(1, still.warnings().size(), "it is told how it stands");
        assertTrue(still.warnings().getFirst().startsWith(HealthWarning.IDENTITY.say("")), still.warnings()::toString);
        fixture.api.answers.put(ConnectFixture.TICKETS, ConnectFixture.TICKET);
        Connector.Outcome mended = fixture.connect();
        assertTrue(mended.already());
        assertEquals(List.of(), mended.warnings(), "it has waited for that");
        assertTrue(fixture.progress.contains("Proving to the traffic-manager who you are"));
        Awaits.that("no warning", () -> warnings().isEmpty());
        assertEquals(1, fixture.manager.arrivals.size(), "nothing is resumed");
        assertEquals(1, fixture.manager.tickets.size());
        fixture.connect();
        assertEquals(1, fixture.manager.tickets.size(), "there was nothing to mend");
    }

    @Test
    void aSessionIsResumedWithANewProofOnceTheCredentialsAreGoodAgain() throws Exception {
        ClusterSession session = fixture.connect().session();
        fixture.manager.tickets.take();
        fixture.manager.arrivals.take();
        fixture.api.answers.put(ConnectFixture.TICKETS, new FakeApi.Answer(401, "{}"));
        forget();
        Awaits.that(
                "both warnings",
                () -> fixture.connector.health().has(HealthWarning.CREDENTIALS)
                        && fixture.connector.health().has(HealthWarning.UNKNOWN_USER));
        assertEquals("", session.prover().user());
        assertTrue(fixture.manager.arrivals.isEmpty(), "nobody arrives without a proof");
        fixture.api.answers.put(ConnectFixture.TICKETS, ConnectFixture.TICKET);
        forget();
        assertEquals("telepresence-x7", fixture.manager.tickets.take().getName());
        assertEquals("s1", fixture.manager.arrivals.take().getResumeSessionId());
        Awaits.that("no warning", () -> warnings().isEmpty());
        assertEquals("alice", session.prover().user());
    }
}

package io.telepresence.manager.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.engagement.EngagementIds;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.engagement.Specs;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.identity.Person;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.lifecycle.CreateEngagementBench;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class EngagementAuditTest {
    private static final EngagementSpec SPEC = Specs.of(EngagementKind.WIRETAP, "echo", "");
    private static final Caller ANN = new Caller("key", new Person("ann", "u-ann", List.of("devs"), Map.of()));

    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final List<AuditEntry> entries = new ArrayList<>();
    private AutoCloseable watch;
    private ClientSession ann;

    @BeforeEach
    void engage() throws Exception {
        ann = bench.sessions
                .arrive(new ClientSession.Client("ann@laptop", "ann", "default", ""), ANN, "")
                .session();
        watch = EngagementAudit.follow(bench.engagements, entries::add);
        restore("");
    }

    private RegisteredEngagement restore(String broken) throws FaultException {
        bench.createEngagement.restore(ann, SPEC, new CreateEngagement.Before("", "10.244.0.5", broken));
        return bench.engagements.find(ann, "echo").orElseThrow();
    }

    @AfterEach
    void close() throws Exception {
        watch.close();
        bench.close();
    }

    private RegisteredEngagement engagement() {
        return bench.engagements.find(ann, "echo").orElseThrow();
    }

    private void assertEnded(String how, String why) {
        assertEquals(2, entries.size(), entries::toString);
        AuditEntry end = entries.getLast();
        assertEquals(List.of(AuditEntry.Verb.DETACH, how, why), List.of(end.verb(), end.result(), end.reason()));
        assertEquals(entries.getFirst().subject(), end.subject());
        assertEquals(entries.getFirst().who(), end.who());
    }

    @Test
    void whoAttachesIsRecorded() {
        bench.engagements.agentsChanged();
        assertEquals(
                List.of(new AuditEntry(
                        AuditEntry.Verb.ATTACH,
                        new AuditEntry.Who("ann", "u-ann", "ann@laptop"),
                        new AuditEntry.Subject(
                                "default",
                                "Deployment",
                                "echo",
                                "wiretap",
                                engagement().id()),
                        "ok",
                        "")),
                entries);
    }

    @Test
    void leaving() throws Exception {
        bench.createEngagement.end(engagement());
        assertEnded("left", "");
    }

    @Test
    void theEndOfTheSession() {
        bench.sessions.depart(SessionIds.of(ann), ANN);
        assertEnded("session-over", "");
    }

    @Test
    void revocation() {
        bench.engagements.expel(engagement().id(), "revoked by an administrator");
        assertEnded("revoked", "revoked by an administrator");
        bench.engagements.remove(engagement().id());
        assertEquals(2, entries.size(), "what has ended is not left");
    }

    @Test
    void expiry() {
        bench.engagements.expel(engagement().id(), "expired: policy \"a\" ends it after 2h");
        assertEnded("expired", "expired: policy \"a\" ends it after 2h");
    }

    @Test
    void removal() {
        bench.engagements.expel(engagement().id(), "its traffic-agent was uninstalled by bob");
        assertEnded("removed", "its traffic-agent was uninstalled by bob");
    }

    /** Of one that comes back broken, or comes to nothing, nobody was attached. */
    @Test
    void whatNeverWorkedIsNotRecorded() throws Exception {
        RegisteredEngagement worked = engagement();
        bench.createEngagement.end(worked);
        entries.clear();
        RegisteredEngagement broken = restore("it was broken");
        bench.engagements.remove(broken.id());
        RegisteredEngagement waiting = worked.named(EngagementIds.next("echo")).with(EngagementState.WAITING, "");
        bench.engagements.reserve(ann, waiting);
        bench.engagements.remove(waiting.id());
        assertEquals(List.of(), entries);
    }

    @Test
    void whatAnAdministratorRevokes() {
        EngagementAudit revocations = EngagementAudit.of(entries::add);
        entries.clear();
        revocations.revoked(engagement().id(), Optional.of(engagement()));
        revocations.revoked("nobody's", Optional.empty());
        assertEquals(
                List.of("ok it was of ann (ann@laptop)", "failed there is none of that id"),
                entries.stream().map(e -> e.result() + " " + e.reason()).toList());
        assertEquals(AuditEntry.Who.UNKNOWN, entries.getFirst().who());
        assertEquals(engagement().id(), entries.getFirst().subject().engagement());
        assertEquals("nobody's", entries.getLast().subject().engagement());
    }
}

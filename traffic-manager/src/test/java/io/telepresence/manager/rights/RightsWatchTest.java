package io.telepresence.manager.rights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.lifecycle.CreateEngagementBench;
import io.telepresence.manager.session.ClientSession;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class RightsWatchTest {
    private static final String CONNECT = "create connections.telepresence.io in namespace \"ambassador\"";
    private static final String ATTACH = "create attachments.telepresence.io \"echo\" in namespace \"default\"";
    private static final String INGEST = "get attachments.telepresence.io \"echo\" in namespace \"default\"";
    private static final List<String> PEOPLE = List.of("alice", "bob", "carol", "system:serviceaccount:ci:robot");

    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final FakeReviews api = new FakeReviews();
    private final Rights rights = api.rights(RequiredGrant.EXEC, bench.time);
    private final RightsWatch watch = new RightsWatch(bench.sessions, bench.engagements, rights, bench.time);

    private ClientSession arrive(String user) {
        for (String right : List.of(CONNECT, ATTACH, INGEST)) {
            api.grant(user, right);
        }
        return bench.sessions
                .arrive(
                        new ClientSession.Client(user + "@laptop", user, "default", ""),
                        new Caller("key of " + user, FakeReviews.person(user)),
                        "")
                .session();
    }

    private void engage(ClientSession client, EngagementKind kind) throws Exception {
        EngagementSpec spec = new EngagementSpec(
                kind, kind.word(), "default", "echo", "", "", "", "127.0.0.1", List.of(), EngagementOptions.NONE);
        bench.createEngagement.restore(client, spec, new CreateEngagement.Before("", "10.0.0.1", ""));
    }

    private void minute() {
        for (int second = 0; second < 60; second++) {
            watch.tick();
            bench.time.advance(Duration.ofSeconds(1));
        }
    }

    private EngagementState state(ClientSession client, EngagementKind kind) {
        return bench.engagements
                .find(client, spec(client, kind))
                .map(RegisteredEngagement::state)
                .orElseThrow();
    }

    private String spec(ClientSession client, EngagementKind kind) {
        return bench.engagements.of(client).stream()
                .filter(e -> e.spec().kind() == kind)
                .map(e -> e.spec().name())
                .findFirst()
                .orElseThrow();
    }

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    @Test
    void whatIsTakenAwayEndsWithinAMinuteAndNothingElse() throws Exception {
        for (String user : PEOPLE) {
            ClientSession client = arrive(user);
            engage(client, EngagementKind.WIRETAP);
            engage(client, EngagementKind.INGEST);
        }
        minute();
        api.revoke("bob", ATTACH);
        api.revoke("carol", CONNECT);
        minute();
        for (ClientSession client : bench.sessions.clients()) {
            boolean bob = client.person().user().equals("bob");
            assertEquals(bob ? EngagementState.REMOVED : EngagementState.ACTIVE, state(client, EngagementKind.WIRETAP));
            assertEquals(EngagementState.ACTIVE, state(client, EngagementKind.INGEST));
        }
        assertEquals(
                List.of("alice", "bob", "system:serviceaccount:ci:robot"),
                bench.sessions.clients().stream()
                        .map(c -> c.person().user())
                        .sorted()
                        .toList());
        String told = bench.engagements.all().get().stream()
                .filter(e -> e.state() == EngagementState.REMOVED)
                .map(RegisteredEngagement::message)
                .findFirst()
                .orElseThrow();
        assertEquals(
                "removed: bob may not create attachments.telepresence.io \"echo\" in namespace \"default\", nor"
                        + " pods/exec there any more",
                told);
        assertTrue(
                bench.engagements.all().get().stream().noneMatch(e -> e.client().startsWith("carol")),
                "they end with the session");
    }

    @Test
    void anApiServerThatIsAwayEndsNothingForHalfAnHour() throws Exception {
        ClientSession alice = arrive("alice");
        engage(alice, EngagementKind.WIRETAP);
        minute();
        api.fails(0);
        ClientSession bob = arrive("bob");
        for (int i = 0; i < 29; i++) {
            minute();
        }
        assertEquals(EngagementState.ACTIVE, state(alice, EngagementKind.WIRETAP));
        assertFalse(bob.ended(), "of whom nothing is known");
        for (int i = 0; i < 3; i++) {
            minute();
        }
        assertTrue(bob.ended());
        assertTrue(alice.ended());
    }

    @Test
    void manyAreSpreadOverTheMinute() {
        int many = 1000;
        for (int i = 0; i < many; i++) {
            arrive("user" + i);
        }
        int share = Math.ceilDiv(many, RightsWatch.TICKS);
        int before = 0;
        for (int second = 0; second < 60; second++) {
            watch.tick();
            int asked = api.asked().size();
            assertTrue(asked - before <= share, "one review for each");
            before = asked;
            bench.time.advance(Duration.ofSeconds(1));
        }
        assertEquals(many, before);
        watch.tick();
        assertTrue(api.asked().size() > many, "the next round");
        assertFalse(bench.sessions.clients().isEmpty());
    }
}

package io.telepresence.manager.engagement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.lifecycle.CreateEngagementBench;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EngagementIdsTest {
    private static final String RANDOM = "0123456789abcdef0123456789abcdef";
    private static final String ID = RANDOM + ":echo";

    private final CreateEngagementBench bench = new CreateEngagementBench();

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    @Test
    void whatIsRestoredKeepsItsId() throws Exception {
        ClientSession ann = client("ann");
        restore(ann, "echo", ID);
        restore(ann, "echo", ID);
        assertEquals(1, bench.engagements.of(ann).size(), "restoring twice changes nothing");
        assertEquals(ID, bench.engagements.of(ann).getFirst().id());
        restore(ann, "nothing-there", RANDOM + ":nothing-there");
        RegisteredEngagement broken = bench.engagements.of(ann).getLast();
        assertEquals(EngagementState.REMOVED, broken.state());
        assertEquals(RANDOM + ":nothing-there", broken.id(), "its owner asks for it by that");
    }

    @Test
    void anIdThatAnotherHasOrThatIsNoneIsNotTakenOver() throws Exception {
        restore(client("ann"), "echo", ID);
        for (String before : List.of(
                ID,
                "",
                "echo",
                ":echo",
                "x:echo",
                RANDOM + ":other",
                RANDOM.toUpperCase(java.util.Locale.ROOT) + ":echo")) {
            ClientSession client = client("with " + before);
            restore(client, "echo", before);
            String given = bench.engagements.of(client).getFirst().id();
            assertTrue(given.matches("[0-9a-f]{32}:echo"), given);
            assertNotEquals(before, given);
        }
    }

    @Test
    void theIdSaysNothingOfTheSession() throws Exception {
        ClientSession ann = client("ann");
        restore(ann, "echo", "");
        RegisteredEngagement hers = bench.engagements.of(ann).getFirst();
        String secret = SessionIds.of(ann).replace("session-", "");
        assertFalse(hers.toString().contains(secret), hers::toString);
        assertNotEquals(EngagementIds.next("echo"), EngagementIds.next("echo"));
        assertTrue(bench.sessions.client(hers.id(), Caller.UNKNOWN).isEmpty());
        assertTrue(bench.sessions
                .client(hers.id().substring(0, 32), Caller.UNKNOWN)
                .isEmpty());
    }

    private ClientSession client(String name) {
        return bench.sessions
                .arrive(new ClientSession.Client(name, name, "default", ""), "")
                .session();
    }

    private void restore(ClientSession client, String workload, String id) throws Exception {
        EngagementSpec spec = new EngagementSpec(
                EngagementKind.WIRETAP,
                workload,
                "default",
                workload,
                "",
                "",
                "",
                "127.0.0.1",
                List.of(),
                EngagementOptions.NONE);
        bench.createEngagement.restore(client, spec, new CreateEngagement.Before(id, "10.244.0.5", ""));
    }
}

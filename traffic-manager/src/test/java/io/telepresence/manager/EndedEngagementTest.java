package io.telepresence.manager;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rpc.manager.DisengageRequest;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The registry of engagements and the switchboard are joined. */
class EndedEngagementTest {
    @TempDir
    Path directory;

    @Test
    void aConnectionThatWaitsForItsClientGoesBackToTheApplication() throws Exception {
        try (TwoClients rig = new TwoClients(directory)) {
            rig.annEngagesEverything();
            rig.annIsDialled();
            rig.ann.ask(
                    "Disengage",
                    DisengageRequest.newBuilder()
                            .setSessionId(rig.annSession)
                            .setName("echo")
                            .build());
            rig.delivered.end();
            List<String> heard = rig.agents.heard();
            assertTrue(heard.stream().anyMatch(text -> text.contains("the engagement has ended")), heard::toString);
        }
    }
}

package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;

/** Many callers at the same time. */
final class Crowd {
    private Crowd() {}

    /** Opens all connections, then exchanges bytes on each while all are open, then ends them. */
    static void ask(AgentFixture rig, int callers, String expected) throws Exception {
        List<Caller> all = new ArrayList<>();
        try {
            for (int i = 0; i < callers; i++) {
                all.add(rig.call());
            }
            for (Caller caller : all) {
                assertEquals(expected, caller.line());
                caller.say("x");
            }
            for (Caller caller : all) {
                assertEquals("xbye", caller.finish());
            }
        } finally {
            for (Caller caller : all) {
                caller.close();
            }
        }
    }
}

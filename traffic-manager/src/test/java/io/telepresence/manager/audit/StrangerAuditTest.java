package io.telepresence.manager.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** However many come: a few lines a minute, and none is forgotten. */
class StrangerAuditTest {
    private final FakeTime time = new FakeTime();
    private final List<AuditEntry> told = new ArrayList<>();
    private final StrangerAudit audit = new StrangerAudit(told::add, time);

    @Test
    void aFloodIsAFewLinesAndANumber() {
        for (int i = 0; i < 1000; i++) {
            audit.refused(AuditEntry.Who.UNKNOWN, "no key");
        }
        assertEquals(StrangerAudit.MOST, told.size());
        assertEquals(
                new AuditEntry(
                        AuditEntry.Verb.CONNECT,
                        AuditEntry.Who.UNKNOWN,
                        AuditEntry.Subject.NONE,
                        AuditEntry.REFUSED,
                        "no key"),
                told.getFirst());
        time.advance(Duration.ofMinutes(1));
        audit.refused(AuditEntry.Who.UNKNOWN, "no key");
        audit.refused(AuditEntry.Who.UNKNOWN, "no key");
        assertEquals("no key; and 990 more before", told.get(StrangerAudit.MOST).reason());
        assertEquals("no key", told.getLast().reason());
    }
}

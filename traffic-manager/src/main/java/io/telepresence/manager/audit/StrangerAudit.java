package io.telepresence.manager.audit;

import io.telepresence.manager.audit.AuditEntry.Subject;
import io.telepresence.manager.audit.AuditEntry.Verb;
import io.telepresence.manager.audit.AuditEntry.Who;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Records who is refused before anybody knows who it is: so often as strangers like, so at most {@value #MOST} in a minute are
 * told, and the next one says how many were not. Any thread.
 */
public final class StrangerAudit {
    static final int MOST = 10;
    private static final Duration SPAN = Duration.ofMinutes(1);

    private final Audit audit;
    private final InstantSource time;
    private Instant begun = Instant.MIN;
    private int told;
    private long untold;

    /** @param time that nobody sets back */
    public StrangerAudit(Audit audit, InstantSource time) {
        this.audit = audit;
        this.time = time;
    }

    /** @param who whose key it was before, if anybody's */
    public void refused(Who who, String reason) {
        String more;
        synchronized (this) {
            Instant now = time.instant();
            if (begun.equals(Instant.MIN) || !now.isBefore(begun.plus(SPAN))) {
                begun = now;
                told = 0;
            }
            if (told == MOST) {
                untold++;
                return;
            }
            told++;
            more = untold == 0 ? "" : "; and " + untold + " more before";
            untold = 0;
        }
        audit.record(new AuditEntry(Verb.CONNECT, who, Subject.NONE, AuditEntry.REFUSED, reason + more));
    }
}

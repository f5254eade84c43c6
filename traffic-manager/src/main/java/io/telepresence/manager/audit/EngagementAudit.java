package io.telepresence.manager.audit;

import io.telepresence.engagement.EngagementState;
import io.telepresence.manager.audit.AuditEntry.Subject;
import io.telepresence.manager.audit.AuditEntry.Verb;
import io.telepresence.manager.audit.AuditEntry.Who;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.engagement.RevocationWatcher;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Records which engagements begin to work, and how they end: {@code left}, {@code session-over}, {@code revoked}, {@code
 * expired}, else {@code removed}. Those that never worked are the gRPC edge's to record.
 */
public final class EngagementAudit implements RevocationWatcher.Revoked {
    private final Audit audit;

    /** By id. */
    private Map<String, RegisteredEngagement> attached = Map.of();

    private EngagementAudit(Audit audit) {
        this.audit = audit;
    }

    /** Of revocations only. */
    public static EngagementAudit of(Audit audit) {
        return new EngagementAudit(audit);
    }

    /** Until the result is closed. */
    public static AutoCloseable follow(EngagementRegistry engagements, Audit audit) {
        return engagements.all().watch(new EngagementAudit(audit)::changed);
    }

    /** Under the registry's lock, so in order. */
    private void changed(List<RegisteredEngagement> all) {
        Map<String, RegisteredEngagement> now = new HashMap<>();
        Set<String> there = new HashSet<>();
        for (RegisteredEngagement engagement : all) {
            there.add(engagement.id());
            boolean was = attached.containsKey(engagement.id());
            if (engagement.state() == EngagementState.REMOVED) {
                if (was) {
                    detached(engagement, ended(engagement.message()), engagement.message());
                }
            } else if (was || engagement.active()) {
                now.put(engagement.id(), engagement);
                if (!was) {
                    record(Verb.ATTACH, engagement, AuditEntry.OK, "");
                }
            }
        }
        attached.forEach((id, gone) -> {
            if (!there.contains(id)) {
                detached(gone, gone.owner().ended() ? "session-over" : "left", "");
            }
        });
        attached = now;
    }

    /** The first word of the sentence says it. */
    private static String ended(String message) {
        return Stream.of("revoked", "expired")
                .filter(message::startsWith)
                .findFirst()
                .orElse("removed");
    }

    private void detached(RegisteredEngagement engagement, String how, String why) {
        record(Verb.DETACH, engagement, how, why);
    }

    private void record(Verb verb, RegisteredEngagement engagement, String result, String reason) {
        audit.record(new AuditEntry(verb, Who.of(engagement.owner()), Subject.of(engagement), result, reason));
    }

    /** Who did it only the API server knows: it came by the ConfigMap. */
    @Override
    public void revoked(String id, Optional<RegisteredEngagement> engagement) {
        audit.record(new AuditEntry(
                Verb.REVOKE,
                Who.UNKNOWN,
                engagement.map(Subject::of).orElse(new Subject("", "", "", "", id)),
                engagement.isPresent() ? AuditEntry.OK : AuditEntry.FAILED,
                engagement.map(e -> "it was of " + e.client()).orElse("there is none of that id")));
    }
}

package io.telepresence.manager.audit;

/** Takes what is to be known later. Any thread, locks of others held: it is quick, and never blocks or fails. */
@FunctionalInterface
public interface Audit {
    Audit NONE = _ -> {};

    void record(AuditEntry entry);

    /** Both take it. */
    default Audit and(Audit other) {
        return entry -> {
            record(entry);
            other.record(entry);
        };
    }
}

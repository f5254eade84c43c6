package io.telepresence.engagement;

/**
 * An engagement as the traffic-manager reports it.
 *
 * @param id 128 random bits in hex, a colon and the name; opaque to everybody but the manager, and no secret
 * @param client user@host of the owner
 */
public record Engagement(String id, String client, EngagementSpec spec, EngagementStatus status) {
    public EngagementKind kind() {
        return spec.kind();
    }

    public String name() {
        return spec.name();
    }

    public EngagementState state() {
        return status.state();
    }

    /** Traffic goes to its client. */
    public boolean delivers() {
        return state().delivers(kind());
    }

    public Engagement with(EngagementState next) {
        return new Engagement(id, client, spec, status.with(next));
    }
}

package io.telepresence.engagement;

import java.util.Arrays;

/**
 * How an engagement stands: WAITING → ACTIVE → gone. One that replaces a container is TERMINATING while the container comes
 * back. What somebody has ended for its owner is REMOVED until he leaves it.
 */
public enum EngagementState {
    /** Agents are on their way. */
    WAITING("WAITING"),
    /** It works. */
    ACTIVE("ACTIVE"),
    /** Its container is coming back. */
    TERMINATING("ENDING"),
    /** It was revoked, or had to give way. */
    REMOVED("BAD_ARGS"),
    /** One that only a later version knows. */
    UNKNOWN("UNKNOWN");

    private final String text;

    EngagementState(String text) {
        this.text = text;
    }

    /** As Telepresence's commands print it, and as peers of protocol level 1 know it. */
    public String text() {
        return text;
    }

    /** The state with that {@link #text}; {@link #UNKNOWN} if none has it. */
    public static EngagementState of(String text) {
        return Arrays.stream(values())
                .filter(s -> s.text.equals(text))
                .findFirst()
                .orElse(UNKNOWN);
    }

    /** It does not work, and will not. */
    public boolean isOver() {
        return this == REMOVED;
    }

    private boolean isPassing() {
        return this == WAITING || this == TERMINATING;
    }

    /**
     * Traffic goes to the client: while it works; for a kind that replaces a container from the moment its pods come until
     * the last of them has gone.
     */
    public boolean delivers(EngagementKind kind) {
        return kind.hasPorts() && (this == ACTIVE || kind.replacesContainer() && isPassing());
    }
}

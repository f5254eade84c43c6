package io.telepresence.agent.rules;

import java.util.List;
import java.util.Objects;

/**
 * What happens to one connection or request.
 *
 * @param to where it goes
 * @param otherwise where it goes if the laptop does not open a connection for it; null: the caller is refused
 * @param taps who gets a copy
 */
public record Judgement(Destination to, Destination otherwise, List<Target> taps) {
    /** To the app, and nobody gets a copy. */
    public static final Judgement APP = new Judgement(Destination.TO_APP, null, List.of());

    public Judgement {
        Objects.requireNonNull(to);
        taps = List.copyOf(taps);
    }

    /** The engagement that takes it; empty: the app does. */
    public String engagementId() {
        return to instanceof Destination.ToClient client ? client.target().engagementId() : "";
    }
}

package io.telepresence.agent.rules;

import io.telepresence.filter.HttpFilter;
import java.util.Objects;

/**
 * An engagement that takes traffic away from the app.
 *
 * @param filter which requests; {@link HttpFilter#ALL} takes everything, what is no HTTP included
 */
public record Taker(Target target, HttpFilter filter, Kind kind) {
    /** What there is behind the agent. */
    public enum Kind {
        /** The app, too. */
        INTERCEPT,
        /** Nothing: the container is not in the pod. */
        REPLACE
    }

    public Taker {
        Objects.requireNonNull(target);
        Objects.requireNonNull(filter);
        Objects.requireNonNull(kind);
    }

    public Destination destination() {
        return new Destination.ToClient(target);
    }
}

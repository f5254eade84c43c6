package io.telepresence.agent.rules;

import io.telepresence.filter.HttpFilter;
import java.util.Objects;

/**
 * A wiretap: its laptop gets a copy.
 *
 * @param filter of which requests; {@link HttpFilter#ALL}: of everything
 */
public record Tap(Target target, HttpFilter filter) {
    public Tap {
        Objects.requireNonNull(target);
        Objects.requireNonNull(filter);
    }
}

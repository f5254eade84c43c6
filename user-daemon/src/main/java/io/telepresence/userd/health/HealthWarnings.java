package io.telepresence.userd.health;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The troubles that are raised now. Thread-safe. */
public final class HealthWarnings {
    private static final Logger LOG = LoggerFactory.getLogger(HealthWarnings.class);
    private final Map<HealthWarning, String> raised = new EnumMap<>(HealthWarning.class);

    /** Raises it; {@code cause} may be empty. */
    public synchronized void raise(HealthWarning trouble, String cause) {
        if (!cause.equals(raised.put(trouble, cause))) {
            LOG.warn(trouble.say(cause));
        }
    }

    public synchronized void clear(HealthWarning trouble) {
        if (raised.remove(trouble) != null) {
            LOG.info("over: {}", trouble.say(""));
        }
    }

    public synchronized boolean has(HealthWarning trouble) {
        return raised.containsKey(trouble);
    }

    /** The sentence of one; empty: it is not raised. */
    public synchronized Optional<String> sentence(HealthWarning trouble) {
        return Optional.ofNullable(raised.get(trouble)).map(trouble::say);
    }

    /** One sentence each. */
    public synchronized List<String> sentences() {
        return raised.entrySet().stream().map(e -> e.getKey().say(e.getValue())).toList();
    }
}

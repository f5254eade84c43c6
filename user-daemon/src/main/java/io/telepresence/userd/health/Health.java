package io.telepresence.userd.health;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The troubles that are raised now. Thread-safe. */
public final class Health {
    private static final Logger LOG = LoggerFactory.getLogger(Health.class);
    private final Map<Trouble, String> raised = new EnumMap<>(Trouble.class);

    /** Raises it; {@code cause} may be empty. */
    public synchronized void raise(Trouble trouble, String cause) {
        if (!cause.equals(raised.put(trouble, cause))) {
            LOG.warn(trouble.say(cause));
        }
    }

    public synchronized void clear(Trouble trouble) {
        if (raised.remove(trouble) != null) {
            LOG.info("over: {}", trouble.say(""));
        }
    }

    public synchronized boolean has(Trouble trouble) {
        return raised.containsKey(trouble);
    }

    /** One sentence each. */
    public synchronized List<String> sentences() {
        return raised.entrySet().stream().map(e -> e.getKey().say(e.getValue())).toList();
    }
}

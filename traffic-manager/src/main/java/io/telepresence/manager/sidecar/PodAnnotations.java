package io.telepresence.manager.sidecar;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.telepresence.agree.AgentNames;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Annotations of a pod or its template. Where one is missing, the same with the prefix of old counts; that is logged
 * once. Thread-safe.
 */
public record PodAnnotations(Map<String, String> all) {
    private static final Logger LOG = LoggerFactory.getLogger(PodAnnotations.class);
    private static final int MOST_WARNINGS = 1000;
    private static final LinkedHashSet<String> WARNED = new LinkedHashSet<>();

    /** @param meta may be null, or without annotations */
    public static PodAnnotations of(ObjectMeta meta) {
        return new PodAnnotations(meta == null || meta.getAnnotations() == null ? Map.of() : meta.getAnnotations());
    }

    /** The value; empty where there is none. */
    public String text(String name) {
        String value = all.get(name);
        if (value == null) {
            String old = AgentNames.LEGACY_PREFIX + name.substring(AgentNames.PREFIX.length());
            value = all.get(old);
            if (value != null) {
                warn("the annotation " + old + " still counts, but should be written as " + name);
            }
        }
        return Objects.requireNonNullElse(value, "").strip();
    }

    /** The values of all that start so, by what follows, in alphabetical order. */
    Map<String, String> startingWith(String prefix) {
        Map<String, String> found = new TreeMap<>();
        String old = AgentNames.LEGACY_PREFIX + prefix.substring(AgentNames.PREFIX.length());
        for (String key : all.keySet()) {
            String rest = rest(key, prefix);
            rest = rest.isEmpty() ? rest(key, old) : rest;
            if (!rest.isEmpty()) {
                found.put(rest, text(prefix + rest));
            }
        }
        return found;
    }

    private static String rest(String key, String prefix) {
        return key.startsWith(prefix) ? key.substring(prefix.length()) : "";
    }

    /** Logs the sentence, unless that was done before. */
    static void warn(String sentence) {
        synchronized (WARNED) {
            if (!WARNED.add(sentence)) {
                return;
            }
            if (WARNED.size() > MOST_WARNINGS) {
                WARNED.removeFirst();
            }
        }
        LOG.warn(sentence);
    }
}

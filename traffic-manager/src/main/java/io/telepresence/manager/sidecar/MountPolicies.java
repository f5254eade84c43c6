package io.telepresence.manager.sidecar;

import io.telepresence.agree.AgentNames;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * What becomes of the volumes of the application. The keys are names of volumes, or paths where they start with a
 * slash; a path counts for all that is mounted at or below it. A name outranks a path, a longer path a shorter one.
 * What cannot be read counts as {@link Policy#IGNORE}, so that a slip of the pen shows nothing to anybody.
 */
public record MountPolicies(Map<String, Policy> chosen) {
    public static final MountPolicies NONE = new MountPolicies(Map.of());

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What is done with a volume. */
    public enum Policy {
        /** Neither the agent nor a client gets it. */
        IGNORE,
        /** A client uses a directory of its own. */
        LOCAL,
        /** A client gets it as the container has it. */
        REMOTE,
        /** A client may only read it. */
        REMOTE_READ_ONLY;

        public static final String ADMITTED = "Ignore, Local, Remote or RemoteReadOnly";

        /** Null, as Helm passes it on, is {@link #IGNORE}; empty: it is none of the words, of any case. */
        public static Optional<Policy> of(JsonNode word) {
            if (word.isNull()) {
                return Optional.of(IGNORE);
            }
            return word.isString() ? of(word.asString()) : Optional.empty();
        }

        private static Optional<Policy> of(String word) {
            return Arrays.stream(values())
                    .filter(p -> p.name().replace("_", "").equalsIgnoreCase(word.strip()))
                    .findFirst();
        }
    }

    public static MountPolicies of(Map<String, Policy> chosen) {
        Map<String, Policy> keyed = new LinkedHashMap<>();
        chosen.forEach((key, policy) -> keyed.put(key(key), policy));
        return new MountPolicies(keyed);
    }

    /**
     * @param json an object; empty: no policies
     * @param where for the warning about what cannot be read
     */
    public static MountPolicies parse(String json, String where) {
        if (json.isBlank()) {
            return NONE;
        }
        try {
            JsonNode object = JSON.readTree(json);
            if (object.isObject()) {
                Map<String, Policy> chosen = new LinkedHashMap<>();
                object.properties().forEach(p -> chosen.put(key(p.getKey()), policy(p.getKey(), p.getValue(), where)));
                return new MountPolicies(chosen);
            }
        } catch (JacksonException e) {
            // The same answer as for JSON that is no object.
        }
        PodAnnotations.warn(where + " is not a JSON object: all volumes are ignored");
        return new MountPolicies(Map.of("/", Policy.IGNORE));
    }

    /** Those of a pod, before these. */
    public MountPolicies with(PodAnnotations pod) {
        Map<String, Policy> all = new LinkedHashMap<>();
        for (String ignored : pod.text(AgentNames.IGNORE_VOLUME_MOUNTS).split(",")) {
            if (!ignored.isBlank()) {
                all.put(key(ignored.strip()), Policy.IGNORE);
            }
        }
        parse(pod.text(AgentNames.MOUNT_POLICIES), "the annotation " + AgentNames.MOUNT_POLICIES)
                .chosen
                .forEach(all::putIfAbsent);
        chosen.forEach(all::putIfAbsent);
        return new MountPolicies(all);
    }

    /** @param path where the volume is mounted */
    public Policy of(String volume, String path) {
        Policy named = chosen.get(volume);
        if (named != null) {
            return named;
        }
        for (String at = key(path); !at.equals("/"); at = above(at)) {
            if (chosen.containsKey(at)) {
                return chosen.get(at);
            }
        }
        return chosen.getOrDefault("/", Policy.REMOTE);
    }

    /** A mount path as the container sees it. */
    public static String path(String mountPath) {
        return key(mountPath.startsWith("/") ? mountPath : "/" + mountPath);
    }

    private static String above(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }

    private static String key(String key) {
        return key.length() > 1 && key.endsWith("/") ? key.substring(0, key.length() - 1) : key;
    }

    private static Policy policy(String key, JsonNode value, String where) {
        String word = value.isString() ? value.asString() : value.toString();
        return Policy.of(word).orElseGet(() -> {
            PodAnnotations.warn(where + " says " + word + " for " + key
                    + ", which is none of Ignore, Local, Remote and RemoteReadOnly: it is ignored");
            return Policy.IGNORE;
        });
    }
}

package io.telepresence.agent.view;

import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The environments of the application's containers, found in the agent's own, where each stands under a prefix.
 *
 * @param own environment of the agent
 * @param excluded names of variables that are never told
 */
public record AppEnvironment(Map<String, String> own, Set<String> excluded) {
    public AppEnvironment {
        own = Map.copyOf(own);
        excluded = Set.copyOf(excluded);
    }

    /** The variables as the container has them, sorted by name; none for a container without a prefix. */
    public SortedMap<String, String> of(AppContainer container) {
        SortedMap<String, String> found = new TreeMap<>();
        String prefix = container.environmentPrefix();
        if (!prefix.isEmpty()) {
            own.forEach((name, value) -> {
                if (name.startsWith(prefix) && name.length() > prefix.length()) {
                    found.put(name.substring(prefix.length()), value);
                }
            });
            found.keySet().removeAll(excluded);
        }
        return found;
    }
}

package io.telepresence.agent.podinfo;

import com.google.protobuf.ByteString;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The environments of the application's containers, found in the agent's own, where each stands under a prefix.
 *
 * @param own environment of the agent
 * @param excluded names of variables that are never told
 * @param narrow kubelets skip keys of ConfigMaps and Secrets that are not variable names in the old sense; under a prefix
 *     they do not, so that is done here
 */
public record AppEnvironment(Map<String, ByteString> own, Set<String> excluded, boolean narrow) {
    /** As kubelets before 1.32 want it. */
    private static final Pattern NARROW = Pattern.compile("(?!\\.\\.)(?!\\.$)[-._a-zA-Z][-._a-zA-Z0-9]*");

    public AppEnvironment {
        own = Map.copyOf(own);
        excluded = Set.copyOf(excluded);
    }

    /** The variables as the container has them, sorted by name; none for a container without a prefix. */
    public SortedMap<String, ByteString> of(AppContainer container) {
        SortedMap<String, ByteString> found = new TreeMap<>();
        String prefix = container.environmentPrefix();
        if (!prefix.isEmpty()) {
            LeftReferences references = new LeftReferences(own, prefix);
            own.forEach((name, value) -> {
                if (name.startsWith(prefix) && name.length() > prefix.length()) {
                    found.put(name.substring(prefix.length()), references.restored(value));
                }
            });
            found.keySet().removeAll(excluded);
            found.keySet().removeIf(name -> narrow && !NARROW.matcher(name).matches());
        }
        return found;
    }
}

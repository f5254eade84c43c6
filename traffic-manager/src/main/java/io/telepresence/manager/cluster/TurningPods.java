package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.watch.Store;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The few pods of which one waits for the end of another, and those others, picked out as they come and go. Who looks for
 * them does not look at all pods. Thread-safe.
 */
final class TurningPods implements Store.Follower<Pod> {
    private final Map<String, Pod> pods = new ConcurrentHashMap<>();

    @Override
    public void changed(Pod before, Pod now) {
        if (now != null && turns(now)) {
            pods.put(key(now), now);
        } else if (before != null && turns(before)) {
            pods.remove(key(before));
        }
    }

    List<Pod> all() {
        return List.copyOf(pods.values());
    }

    private static boolean turns(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations != null
                && (annotations.containsKey(AgentNames.WAITING) || annotations.containsKey(AgentNames.ENDING));
    }

    private static String key(Pod pod) {
        return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
    }
}

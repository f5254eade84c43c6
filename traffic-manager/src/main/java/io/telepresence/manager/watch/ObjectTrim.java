package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import java.util.List;
import java.util.Map;

/** Takes away what the manager never reads, so that a large cluster fits into a small heap. Changes the object. */
final class ObjectTrim {
    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

    private ObjectTrim() {}

    static <T extends HasMetadata> T metadata(T object) {
        object.getMetadata().setManagedFields(List.of());
        Map<String, String> annotations = object.getMetadata().getAnnotations();
        if (annotations != null && annotations.containsKey(LAST_APPLIED)) {
            annotations.remove(LAST_APPLIED);
        }
        return object;
    }

    static Node node(Node node) {
        if (node.getStatus() != null) {
            node.setStatus(new NodeStatusBuilder()
                    .withAddresses(node.getStatus().getAddresses())
                    .build());
        }
        return metadata(node);
    }

    static Pod pod(Pod pod) {
        if (pod.getSpec() != null) {
            pod.getSpec().setVolumes(List.of());
            pod.getSpec().setTolerations(List.of());
            pod.getSpec().setAffinity(null);
            pod.getSpec().getContainers().forEach(ObjectTrim::container);
            pod.getSpec().getInitContainers().forEach(ObjectTrim::container);
        }
        metadata(pod);
        EmptyMaps.share(pod);
        return pod;
    }

    private static void container(Container container) {
        container.setEnv(List.of());
        container.setVolumeMounts(List.of());
    }

    static ReplicaSet replicaSet(ReplicaSet set) {
        boolean owned = !set.getMetadata().getOwnerReferences().isEmpty();
        if (owned && set.getSpec() != null) {
            set.getSpec().setTemplate(null);
        }
        return metadata(set);
    }
}

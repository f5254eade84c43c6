package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Each part of an object has maps of its own, nearly all of them empty: of a pod these are a fifth. They become one map. */
final class EmptyMaps {
    private EmptyMaps() {}

    /** In the usual parts of a pod. Changes it; its empty maps can then not be filled. */
    static void share(Pod pod) {
        share(pod::getAdditionalProperties, pod::setAdditionalProperties);
        metadata(pod.getMetadata());
        Optional.ofNullable(pod.getSpec()).ifPresent(EmptyMaps::spec);
        Optional.ofNullable(pod.getStatus()).ifPresent(EmptyMaps::status);
    }

    private static <V> void share(Supplier<Map<String, V>> get, Consumer<Map<String, V>> set) {
        Map<String, V> map = get.get();
        if (map != null && map.isEmpty()) {
            set.accept(Map.of());
        }
    }

    private static void metadata(ObjectMeta meta) {
        share(meta::getAdditionalProperties, meta::setAdditionalProperties);
        share(meta::getAnnotations, meta::setAnnotations);
        share(meta::getLabels, meta::setLabels);
        meta.getOwnerReferences()
                .forEach(owner -> share(owner::getAdditionalProperties, owner::setAdditionalProperties));
    }

    private static void spec(PodSpec spec) {
        share(spec::getAdditionalProperties, spec::setAdditionalProperties);
        share(spec::getNodeSelector, spec::setNodeSelector);
        share(spec::getOverhead, spec::setOverhead);
        Optional.ofNullable(spec.getSecurityContext())
                .ifPresent(context -> share(context::getAdditionalProperties, context::setAdditionalProperties));
        spec.getContainers().forEach(EmptyMaps::container);
        spec.getInitContainers().forEach(EmptyMaps::container);
    }

    private static void container(Container container) {
        share(container::getAdditionalProperties, container::setAdditionalProperties);
        container.getPorts().forEach(port -> share(port::getAdditionalProperties, port::setAdditionalProperties));
        Optional.ofNullable(container.getResources()).ifPresent(EmptyMaps::resources);
        Optional.ofNullable(container.getReadinessProbe()).ifPresent(EmptyMaps::probe);
        Optional.ofNullable(container.getLivenessProbe()).ifPresent(EmptyMaps::probe);
        Optional.ofNullable(container.getStartupProbe()).ifPresent(EmptyMaps::probe);
    }

    private static void resources(ResourceRequirements resources) {
        share(resources::getAdditionalProperties, resources::setAdditionalProperties);
        share(resources::getLimits, resources::setLimits);
        share(resources::getRequests, resources::setRequests);
    }

    private static void probe(Probe probe) {
        share(probe::getAdditionalProperties, probe::setAdditionalProperties);
        HTTPGetAction http = probe.getHttpGet();
        if (http != null) {
            share(http::getAdditionalProperties, http::setAdditionalProperties);
        }
    }

    private static void status(PodStatus status) {
        share(status::getAdditionalProperties, status::setAdditionalProperties);
        status.getPodIPs().forEach(ip -> share(ip::getAdditionalProperties, ip::setAdditionalProperties));
        status.getHostIPs().forEach(ip -> share(ip::getAdditionalProperties, ip::setAdditionalProperties));
        status.getConditions()
                .forEach(condition -> share(condition::getAdditionalProperties, condition::setAdditionalProperties));
        status.getContainerStatuses().forEach(EmptyMaps::containerStatus);
        status.getInitContainerStatuses().forEach(EmptyMaps::containerStatus);
    }

    private static void containerStatus(ContainerStatus status) {
        share(status::getAdditionalProperties, status::setAdditionalProperties);
        share(status::getAllocatedResources, status::setAllocatedResources);
        Optional.ofNullable(status.getState()).ifPresent(EmptyMaps::state);
        Optional.ofNullable(status.getLastState()).ifPresent(EmptyMaps::state);
    }

    private static void state(ContainerState state) {
        share(state::getAdditionalProperties, state::setAdditionalProperties);
        Optional.ofNullable(state.getRunning())
                .ifPresent(running -> share(running::getAdditionalProperties, running::setAdditionalProperties));
    }
}

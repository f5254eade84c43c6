package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.telepresence.agree.AgentNames;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Takes containers out of a pod in whose place the agent stands, and leads what refers to them elsewhere: the kubelet
 * starts no pod, and the API server takes none, that speaks of containers which are not there. Changes the given pod.
 */
final class ContainerReplacement {
    private static final String DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";

    /** Annotations whose names end with a container's. */
    private static final List<String> PROFILES = List.of(
            "container.apparmor.security.beta.kubernetes.io/", "container.seccomp.security.alpha.kubernetes.io/");

    private final Map<String, Container> gone = new HashMap<>();
    private final Pod pod;

    private ContainerReplacement(Pod pod, Set<String> names) {
        this.pod = pod;
        pod.getSpec().getContainers().stream()
                .filter(c -> names.contains(c.getName()))
                .forEach(c -> gone.put(c.getName(), c));
    }

    /** The names of the replaced containers. */
    static Set<String> names(AgentConfig config) {
        return config.getContainersList().stream()
                .filter(AgentContainer::getReplaced)
                .map(AgentContainer::getName)
                .collect(Collectors.toSet());
    }

    /** @param pod with the agent in it already */
    static void apply(Pod pod, AgentConfig config) {
        ContainerReplacement replacement = new ContainerReplacement(pod, names(config));
        if (!replacement.gone.isEmpty()) {
            PodSpec spec = pod.getSpec();
            spec.getContainers().removeAll(replacement.gone.values());
            Stream.concat(spec.getContainers().stream(), spec.getInitContainers().stream())
                    .forEach(c -> c.getEnv().forEach(replacement::lead));
            spec.getVolumes().forEach(replacement::lead);
            replacement.annotations(pod.getMetadata());
        }
    }

    private void lead(EnvVar variable) {
        EnvVarSource source = variable.getValueFrom();
        Optional<Container> container = source == null ? Optional.empty() : meant(source.getResourceFieldRef());
        if (container.isPresent()) {
            Optional<String> value = ResourceFields.value(container.get(), source.getResourceFieldRef());
            if (value.isPresent()) {
                variable.setValue(value.get());
                variable.setValueFrom(null);
            } else {
                source.getResourceFieldRef().setContainerName(AgentNames.CONTAINER);
            }
        }
    }

    private void lead(Volume volume) {
        if (volume.getDownwardAPI() != null) {
            volume.getDownwardAPI().getItems().forEach(this::lead);
        }
        if (volume.getProjected() != null) {
            for (VolumeProjection source : volume.getProjected().getSources()) {
                if (source.getDownwardAPI() != null) {
                    source.getDownwardAPI().getItems().forEach(this::lead);
                }
            }
        }
    }

    private void lead(DownwardAPIVolumeFile file) {
        if (meant(file.getResourceFieldRef()).isPresent()) {
            file.getResourceFieldRef().setContainerName(AgentNames.CONTAINER);
        }
    }

    private Optional<Container> meant(ResourceFieldSelector field) {
        return field == null ? Optional.empty() : Optional.ofNullable(gone.get(field.getContainerName()));
    }

    private void annotations(ObjectMeta meta) {
        Map<String, String> annotations = meta.getAnnotations();
        if (gone.containsKey(annotations.getOrDefault(DEFAULT_CONTAINER, ""))) {
            annotations.put(DEFAULT_CONTAINER, AgentNames.CONTAINER);
        }
        PROFILES.forEach(profile -> gone.keySet().forEach(name -> annotations.remove(profile + name)));
    }
}

package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.sidecar.SidecarAnnotation;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A pod that has its agent, and whose containers another webhook has given more variables or volumes since: the agent
 * gets these too. Ports stay as they are, and so does what is known of replaced containers. Pure.
 *
 * @param old the agent's configuration
 * @param fresh what the configuration would be for the pod as it is now
 */
record SidecarRefresh(Pod pod, AgentConfig old, AgentConfig fresh) {
    /** The same object where nothing is new. */
    Pod refreshed() {
        AgentConfig config = config();
        Pod changed = config.equals(old)
                ? new PodBuilder(pod).build()
                : new PodBuilder(pod)
                        .editMetadata()
                        .addToAnnotations(AgentNames.CONFIG, SidecarAnnotation.text(config))
                        .endMetadata()
                        .build();
        Set<String> present =
                PodContainers.running(pod.getSpec()).map(Container::getName).collect(Collectors.toSet());
        List<AgentContainer> copied = config.getContainersList().stream()
                .filter(c -> present.contains(c.getName()) && !c.getEnvPrefix().isEmpty())
                .toList();
        AppCopies copies = new AppCopies(pod.getSpec(), config);
        PodContainers.agent(changed.getSpec()).ifPresent(agent -> renew(agent, copied, copies));
        DirectPorts.lead(changed.getSpec(), config);
        return changed.equals(pod) ? pod : changed;
    }

    private static void renew(Container agent, List<AgentContainer> copied, AppCopies copies) {
        Predicate<String> ours =
                name -> name != null && copied.stream().anyMatch(c -> name.startsWith(c.getEnvPrefix()));
        Predicate<String> mounted =
                path -> copied.stream().anyMatch(c -> path.startsWith(AgentNames.APP_MOUNTS + "/" + c.getName() + "/"));
        agent.setEnv(with(agent.getEnv(), EnvVar::getName, ours, copies.env()));
        agent.setEnvFrom(with(agent.getEnvFrom(), EnvFromSource::getPrefix, ours, copies.envFrom()));
        agent.setVolumeMounts(with(agent.getVolumeMounts(), VolumeMount::getMountPath, mounted, copies.mounts()));
    }

    /** The new ones take the place of the old ones; what was neither stays where it is. */
    private static <T> List<T> with(List<T> now, Function<T, String> name, Predicate<String> copied, List<T> copies) {
        List<T> result = new ArrayList<>();
        boolean entered = false;
        for (T one : now) {
            if (!copied.test(name.apply(one))) {
                result.add(one);
            } else if (!entered) {
                entered = true;
                result.addAll(copies);
            }
        }
        if (!entered) {
            result.addAll(copies);
        }
        return result;
    }

    private AgentConfig config() {
        Map<String, AgentContainer> now = fresh.getContainersList().stream()
                .collect(Collectors.toMap(AgentContainer::getName, Function.identity(), (one, _) -> one));
        AgentConfig.Builder config = old.toBuilder().clearContainers();
        for (AgentContainer container : old.getContainersList()) {
            AgentContainer as = now.get(container.getName());
            config.addContainers(
                    as == null
                            ? container
                            : container.toBuilder()
                                    .clearMounts()
                                    .addAllMounts(as.getMountsList())
                                    .build());
        }
        return config.build();
    }
}

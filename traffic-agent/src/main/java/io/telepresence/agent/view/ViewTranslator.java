package io.telepresence.agent.view;

import io.telepresence.rpc.manager.AgentConfig;
import io.telepresence.rpc.manager.AgentContainer;
import io.telepresence.rpc.manager.AgentMount;
import io.telepresence.rpc.manager.ContainerView;
import java.util.List;

/** Containers and their views as the injector and clients write and read them. */
public final class ViewTranslator {
    private ViewTranslator() {}

    public static List<AppContainer> containers(AgentConfig config) {
        return config.getContainersList().stream()
                .map(c -> new AppContainer(c.getName(), c.getEnvPrefix(), volumes(c)))
                .toList();
    }

    /** What a client is told of a container. The only place where values of variables leave the pod. */
    public static ContainerView view(AppPod pod, AppContainer container) {
        return ContainerView.newBuilder()
                .setContainer(container.name())
                .putAllEnvironment(pod.environment().of(container))
                .addAllMounts(
                        container.volumes().stream().map(ViewTranslator::toWire).toList())
                .setPodName(pod.name())
                .setPodIp(pod.ip())
                .build();
    }

    private static List<AppVolume> volumes(AgentContainer container) {
        return container.getMountsList().stream()
                .map(m -> new AppVolume(m.getVolume(), m.getPath(), m.getReadOnly(), m.getLocal()))
                .toList();
    }

    private static AgentMount toWire(AppVolume volume) {
        return AgentMount.newBuilder()
                .setVolume(volume.name())
                .setPath(volume.path())
                .setReadOnly(volume.readOnly())
                .setLocal(volume.local())
                .build();
    }
}

package io.telepresence.agent.podinfo;

import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentMount;
import io.telepresence.rpc.agent.ContainerView;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Containers and their views as the injector and clients write and read them. */
public final class ViewTranslator {
    private ViewTranslator() {}

    /** @param anybody whether the agent may serve files as somebody else */
    public static List<AppContainer> containers(AgentConfig config, boolean anybody) {
        return config.getContainersList().stream()
                .map(c -> new AppContainer(
                        c.getName(),
                        c.getEnvPrefix(),
                        volumes(c),
                        c.hasUser() ? OptionalLong.of(c.getUser()) : OptionalLong.empty(),
                        anybody && c.hasFilesAs() ? Optional.of(identity(c.getFilesAs())) : Optional.empty()))
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
                .setRemark(remark(pod, container))
                .build();
    }

    private static FileIdentity identity(io.telepresence.rpc.agent.FileIdentity wire) {
        return new FileIdentity(wire.getUser(), wire.getGroup(), wire.getGroupsList());
    }

    /** An agent that may not serve files as somebody else has one user, the containers of a pod may have several. */
    private static String remark(AppPod pod, AppContainer container) {
        boolean served = container.volumes().stream().anyMatch(v -> !v.local());
        long user = container.user().orElse(pod.user());
        return !served || user == pod.user() || container.filesAs().isPresent()
                ? ""
                : "the volumes of container " + container.name() + " are read as user " + pod.user()
                        + ", and it runs as user " + user + ": what only that one may read or write is refused";
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

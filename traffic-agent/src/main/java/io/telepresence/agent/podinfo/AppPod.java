package io.telepresence.agent.podinfo;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The pod with its application.
 *
 * @param name of the pod
 * @param ip of the pod, as text
 * @param containers of the application, also those that the agent replaces
 * @param user as whom the agent reads and writes files
 * @param mounts where the agent has the volumes: {@code <container><path of the volume>} follows
 */
public record AppPod(
        String name, String ip, List<AppContainer> containers, AppEnvironment environment, long user, Path mounts) {
    public AppPod {
        containers = List.copyOf(containers);
    }

    public Optional<AppContainer> container(String named) {
        return containers.stream().filter(c -> c.name().equals(named)).findFirst();
    }
}

package io.telepresence.agent.podinfo;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A container of the application, as far as the agent can speak for it.
 *
 * @param environmentPrefix the agent's own environment has the container's variables under this prefix; empty: it has
 *     none of them
 * @param user that the pod's spec gives it; empty: the image's
 * @param filesAs as whom its volumes are served; empty: as the agent's own user
 */
public record AppContainer(
        String name,
        String environmentPrefix,
        List<AppVolume> volumes,
        OptionalLong user,
        Optional<FileIdentity> filesAs) {
    public AppContainer {
        volumes = List.copyOf(volumes);
    }
}

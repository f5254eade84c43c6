package io.telepresence.e2e.docker;

import io.telepresence.e2e.engage.MountCases;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemon in a container. */
@ExtendWith(DockerSession.class)
class DockerMountIT extends MountCases {
    DockerMountIT() {
        super(new InContainers());
    }
}

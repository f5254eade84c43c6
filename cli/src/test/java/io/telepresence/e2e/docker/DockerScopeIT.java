package io.telepresence.e2e.docker;

import io.telepresence.e2e.engage.ScopeCases;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemon in a container. */
@ExtendWith(DockerSession.class)
class DockerScopeIT extends ScopeCases {
    DockerScopeIT() {
        super(new InContainers());
    }
}

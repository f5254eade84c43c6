package io.telepresence.e2e.docker;

import io.telepresence.e2e.engage.InterceptCases;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemon in a container. */
@ExtendWith(DockerSession.class)
class DockerInterceptIT extends InterceptCases {
    DockerInterceptIT() {
        super(new InContainers());
    }
}

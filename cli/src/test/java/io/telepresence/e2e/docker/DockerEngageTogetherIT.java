package io.telepresence.e2e.docker;

import io.telepresence.e2e.engage.EngageTogetherCases;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemon in a container. */
@ExtendWith(DockerSession.class)
class DockerEngageTogetherIT extends EngageTogetherCases {
    DockerEngageTogetherIT() {
        super(new InContainers());
    }
}

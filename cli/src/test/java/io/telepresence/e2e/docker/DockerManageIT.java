package io.telepresence.e2e.docker;

import io.telepresence.e2e.manage.ManageCases;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemon in a container. */
@ExtendWith(DockerSession.class)
class DockerManageIT extends ManageCases {
    DockerManageIT() {
        super(new InContainers());
    }
}

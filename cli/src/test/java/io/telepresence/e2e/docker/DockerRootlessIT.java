package io.telepresence.e2e.docker;

import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Laptop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Docker mode on an engine that the developer runs without root. */
@ExtendWith(DockerSession.Rootless.class)
class DockerRootlessIT extends EngineCases {
    @Test
    void anApiServerOfThisMachineIsReachedAtItsOwnAddress() {
        Process server = DockerUser.start(
                Laptop.home().resolve("socat.log"),
                Laptop.home().resolve("socat.log"),
                "socat",
                "TCP-LISTEN:17443,fork,reuseaddr",
                "TCP:" + ClusterEnv.address() + ":6443");
        try {
            DockerUser.telepresence("connect", "--docker", "--name", "here", "--server", "https://127.0.0.1:17443")
                    .ok();
            DockerUser.telepresence("--use", "here", "curl", "-sS", "-m", "10", "http://echo")
                    .ok()
                    .says("Service: echo");
        } finally {
            DockerUser.telepresence("--use", "here", "quit");
            DockerUser.docker("rm", "--force", "tp-here");
            server.destroy();
        }
    }
}

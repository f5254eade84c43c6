package io.telepresence.e2e;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemon in a container, and the developer's programs in containers that share its network. */
@ExtendWith(DockerSession.class)
class DockerInterceptIT extends InterceptCases {
    DockerInterceptIT() {
        super(new InContainers());
    }

    private static final class InContainers implements Mode {
        @Override
        public Result connect() {
            return DockerUser.telepresence("connect", "--docker");
        }

        @Override
        public Result telepresence(String... arguments) {
            return DockerUser.telepresence(arguments);
        }

        @Override
        public Process greeter() {
            Path hello = DockerUser.home().resolve("hello");
            Cluster.script(
                            "laptop",
                            "--",
                            "install",
                            "-m",
                            "755",
                            Project.root().resolve("scripts/lib/hello").toString(),
                            hello.toString())
                    .ok();
            return program(
                    List.of("--volume", hello + ":/hello:ro"),
                    "TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr",
                    "EXEC:/hello");
        }

        @Override
        public Process echoer() {
            return program(
                    List.of(),
                    "UDP-LISTEN:9007,bind=127.0.0.1,fork,reuseaddr",
                    "SYSTEM:while read line; do echo laptop-$line; done");
        }

        private static Process program(List<String> options, String... socat) {
            List<String> command = new ArrayList<>(
                    List.of("docker", "run", "--rm", "--network", "container:tp-test-cluster-default-cn"));
            command.addAll(options);
            command.addAll(List.of("localhost/tools:1", "socat"));
            command.addAll(List.of(socat));
            Path log = Laptop.home().resolve("program.log");
            return DockerUser.start(log, log, command.toArray(String[]::new));
        }
    }
}

package io.telepresence.cli;

import io.telepresence.cli.docker.DockerMode;
import io.telepresence.cli.registry.DaemonRegistry;
import io.telepresence.cli.run.ChildRunner;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/** All that the command line touches outside itself; replaced as a whole in tests. {@code docker} only where it is used. */
record CliEnvironment(
        Map<String, String> environment,
        Path workingDirectory,
        Streams streams,
        DaemonRegistry daemons,
        ChildRunner children,
        Supplier<DockerMode> docker) {
    /** The standard streams; {@code terminal}: whether {@code err} is one. */
    record Streams(InputStream in, PrintStream out, PrintStream err, boolean terminal) {}
}

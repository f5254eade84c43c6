package io.telepresence.e2e.apps;

import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Shell;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Programs of these tests with the libraries that they need.
 *
 * @param classPath jars and folders
 */
public record JavaProgram(String main, List<String> classPath) {
    public static JavaProgram of(Class<?> program) {
        List<String> jars = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(p -> p.contains("jetty") || p.contains("slf4j"))
                .toList();
        List<String> all = new ArrayList<>(jars);
        all.add(Project.root().resolve("cli/target/test-classes").toString());
        return new JavaProgram(program.getName(), all);
    }

    /** One of grpc-java's interop programs, which {@code scripts/test} has put there. */
    public static JavaProgram interop(String simpleName) {
        return new JavaProgram(
                "io.grpc.testing.integration." + simpleName,
                List.of(Project.root().resolve("target/interop") + "/*"));
    }

    public List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx192m",
                "-cp",
                String.join(File.pathSeparator, classPath),
                main));
        command.addAll(List.of(arguments));
        return command;
    }

    /** In a pod with a Service of that name. */
    public JavaPod inPod(String name, int port, String... arguments) {
        List<String> seen =
                classPath.stream().map(p -> p.replaceAll("/\\*$", "")).toList();
        return JavaPod.start(name, port, command(arguments), JavaPod.folders(seen));
    }

    /** On the laptop; it listens when this returns. */
    public Process onLaptop(Laptop laptop, int port, String... arguments) {
        Process process = laptop.start(command(arguments).toArray(String[]::new));
        Shell.await(
                main + " listens",
                java.time.Duration.ofSeconds(20),
                () -> laptop.run("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/" + port)
                                .exitCode()
                        == 0);
        return process;
    }
}

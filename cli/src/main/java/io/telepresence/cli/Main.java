package io.telepresence.cli;

import io.telepresence.agree.Versions;
import io.telepresence.cli.docker.Docker;
import io.telepresence.cli.docker.DockerMode;
import io.telepresence.cli.registry.LocalDaemons;
import io.telepresence.cli.run.ChildProcess;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The process {@code telepresence}. */
public final class Main {
    /** Directory of the distribution; set by bin/telepresence. */
    private static final String HOME = "telepresence.home";

    /** Hidden: runs each line of stdin as an argument list. The build rehearses with it for the AOT cache. */
    private static final String REHEARSE = "__rehearse";

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        PrintStream out = stream(FileDescriptor.out);
        RootCommand root = new RootCommand(machine(System.getenv(), out));
        if (arguments.length == 1 && arguments[0].equals(REHEARSE)) {
            rehearse(root);
            return;
        }
        int code = root.run(List.of(arguments));
        out.flush();
        // Not exit: that would start the JDK's logging to ask whether to log it. There are no hooks to run.
        Runtime.getRuntime().halt(code);
    }

    private static void rehearse(RootCommand root) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            root.run(List.of(line.split(" ")));
        }
    }

    private static CliEnvironment machine(Map<String, String> environment, PrintStream out) {
        Path executable = Path.of(System.getProperty(HOME, "."), "bin", "telepresence");
        var streams = new CliEnvironment.Streams(System.in, out, stream(FileDescriptor.err), terminal());
        LocalDaemons daemons = LocalDaemons.of(environment, executable.toAbsolutePath());
        return new CliEnvironment(
                environment,
                Path.of("").toAbsolutePath(),
                streams,
                daemons,
                new ChildProcess(executable.toAbsolutePath()),
                () -> docker(environment, executable.toAbsolutePath(), daemons));
    }

    private static DockerMode docker(Map<String, String> environment, Path executable, LocalDaemons daemons) {
        Path self = Path.of("/proc/self");
        return new DockerMode(
                Docker.ofThisMachine(),
                daemons.connections(),
                new DockerMode.DockerEnvironment(
                        executable,
                        text(
                                executable.resolveSibling("../client-image"),
                                "telepresence:" + Versions.VERSION.substring(1)),
                        daemons.logs(),
                        environment,
                        number(self, "unix:uid"),
                        number(self, "unix:gid"),
                        text(Path.of("/proc/sys/kernel/hostname"), "localhost")));
    }

    private static long number(Path file, String attribute) {
        try {
            return ((Number) Files.getAttribute(file, attribute)).longValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file, String otherwise) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return otherwise;
        }
    }

    /** UTF-8 whatever the locale says: our check marks must not become question marks. */
    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
    }

    /** Whether stderr is a terminal; asked of /proc, for the JDK's own answer is about stdin and stdout. */
    private static boolean terminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }
}

package io.telepresence.e2e.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Processes of the packaged client in some networks, of every user and of every build. Those of another run on this machine
 * have other networks. Reads {@code /proc} and starts nothing, so that it may be asked often.
 */
public final class Daemons {
    private static final String RUNTIME = "/telepresence/runtime/bin/java";
    private static final Path OWN_NETWORK = Path.of("/proc/self/ns/net");

    private final List<Path> networks;

    private Daemons(List<Path> networks) {
        this.networks = networks;
    }

    public static Daemons of(Laptop laptop) {
        return new Daemons(List.of(laptop.network()));
    }

    /** On both laptops, and in the cluster's network, where a laptop may be too. */
    public static Daemons everywhere() {
        return new Daemons(Cluster.BACKEND.networks());
    }

    /** @param words of its command line, with blanks between */
    public record Daemon(long pid, String words) {}

    public List<Daemon> list() {
        List<Long> inodes =
                networks.stream().map(Daemons::inode).filter(i -> i > 0).toList();
        // Where the laptop is this machine itself, somebody may work with another build on it.
        String ours = inodes.contains(inode(OWN_NETWORK))
                ? Project.binary().getParent().getParent().toString()
                : "";
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.filter(p -> Character.isDigit(p.getFileName().toString().charAt(0)))
                    .map(p -> new Daemon(Long.parseLong(p.getFileName().toString()), words(p)))
                    .filter(d -> isOurs(d.words()) && d.words().startsWith(ours))
                    .filter(d -> inodes.contains(inode(Path.of("/proc/" + d.pid() + "/ns/net"))))
                    .sorted(Comparator.comparing(Daemon::words))
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Their command lines. */
    public String words() {
        return list().stream().map(Daemon::words).collect(Collectors.joining("\n"));
    }

    /** Sends a signal to the daemon itself, {@code userd} or {@code rootd}, not to its helpers; there has to be one. */
    public void signal(String signal, String daemon) {
        String main = daemon.equals("userd") ? ".UserDaemonMain" : ".RootDaemonMain";
        List<Daemon> found =
                list().stream().filter(d -> d.words().contains(main)).toList();
        if (found.isEmpty()) {
            throw new AssertionError("no process " + daemon + " among: " + words());
        }
        send(signal, found);
    }

    /** Ends what is left by force, after it may have ended by itself. */
    public void kill() {
        send("KILL", list());
    }

    private static void send(String signal, List<Daemon> daemons) {
        if (!daemons.isEmpty()) {
            List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
            daemons.forEach(d -> command.add(Long.toString(d.pid())));
            Shell.run(Map.of(), Duration.ofSeconds(10), command);
        }
    }

    public static boolean isOurs(String words) {
        int end = words.indexOf(' ');
        return (end < 0 ? words : words.substring(0, end)).endsWith(RUNTIME);
    }

    /** Empty: it has ended, or is a thread of the kernel. */
    private static String words(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1)
                    .replace('\0', ' ')
                    .strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** The number of a network, or 0: there is no such network or process any more. */
    private static long inode(Path network) {
        try {
            return ((Number) Files.getAttribute(network, "unix:ino")).longValue();
        } catch (IOException e) {
            return 0;
        }
    }
}

package io.telepresence.cli.registry;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Starts a daemon through {@code bin/telepresence DAEMON --detach}: a session of its own, no file of ours held open, its
 * output in a start log. Waits until it listens; a daemon that ends before that is reported with its last words.
 */
final class DaemonLauncher {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration GLANCE = Duration.ofMillis(10);

    /** Whether the daemon listens now. */
    @FunctionalInterface
    interface Listening {
        boolean now() throws FaultException;
    }

    private final Path executable;
    private final boolean root;

    /**
     * @param executable bin/telepresence
     * @param root whether the caller is root and needs no sudo
     */
    DaemonLauncher(Path executable, boolean root) {
        this.executable = executable;
        this.root = root;
    }

    void user(Path startLog, Listening listening) throws FaultException {
        List<String> command = List.of(executable.toString(), "userd", "--detach", startLog.toString());
        start("user daemon", command, startLog, listening);
    }

    /**
     * Always the same words, so that a rule of sudoers can name exactly these: the owner is who called sudo, and the logs
     * have their place.
     *
     * @param startLog where the daemon's output goes
     */
    void root(Path startLog, Listening listening) throws FaultException {
        List<String> command = new ArrayList<>(root ? List.of() : List.of("sudo", "--"));
        command.addAll(List.of(executable.toString(), "rootd", "--detach"));
        start("root daemon", command, startLog, listening);
    }

    private static void start(String name, List<String> command, Path startLog, Listening listening)
            throws FaultException {
        long pid = launch(name, command);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!listening.now()) {
            if (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty()) {
                throw ended(name, startLog);
            }
            if (System.nanoTime() > end) {
                throw Fault.internal("the " + name + " does not listen after " + PATIENCE.toSeconds() + " s"
                                + StartLog.lastWords(startLog))
                        .exception();
            }
            pause();
        }
    }

    /**
     * Runs the launcher to its end; the result is the daemon's process id, which it prints last. sudo asks for a password
     * at the terminal itself; what it says besides becomes part of the fault.
     */
    private static long launch(String name, List<String> command) throws FaultException {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.INHERIT);
            builder.environment().remove("SUDO_UID"); // of a root shell that sudo began: the owner is root
            // Each command brings its own; a library of the daemon must not find those of the first one.
            builder.environment().keySet().removeIf(DaemonLauncher::ofOneCommand);
            Process launcher = builder.start();
            // In this order: what it prints fits into the pipe.
            String said = new String(launcher.getErrorStream().readAllBytes()).strip();
            String printed = new String(launcher.getInputStream().readAllBytes()).strip();
            int code = launcher.waitFor();
            String pid = printed.substring(printed.lastIndexOf('\n') + 1);
            if (code == 0 && pid.matches("\\d+")) {
                return Long.parseLong(pid);
            }
            String why = said.substring(said.lastIndexOf('\n') + 1);
            throw command.getFirst().equals("sudo")
                    ? refused(why)
                    : notStarted(name, command, why.isEmpty() ? "exit code " + code : why);
        } catch (IOException e) {
            throw command.getFirst().equals("sudo") ? noSudo(e) : notStarted(name, command, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.internal("interrupted while starting the " + name).exception(e);
        }
    }

    private static boolean ofOneCommand(String variable) {
        String name = variable.toUpperCase(Locale.ROOT);
        return name.equals("KUBECONFIG")
                || List.of("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY").contains(name);
    }

    private static FaultException noSudo(IOException e) {
        return Fault.denied(
                        "the root daemon needs root rights, and sudo cannot be run here",
                        "Run \"telepresence connect\" as root, or install sudo or the root daemon as a service")
                .exception(e);
    }

    /** @param why sudo's own last line */
    private static FaultException refused(String why) {
        String reason = why.replaceFirst("^sudo: ", "").replaceFirst("\\.$", "");
        return Fault.denied(
                        "the root daemon was not started: sudo gave no root rights"
                                + (reason.isEmpty() ? "" : " (" + reason + ")"),
                        "Run \"telepresence connect\" in a terminal where sudo works or as root, or install the root"
                                + " daemon as a service")
                .exception();
    }

    private static FaultException notStarted(String name, List<String> command, String why) {
        return Fault.internal("the " + name + " cannot be started with " + command.getFirst() + ": " + why)
                .exception();
    }

    private static FaultException ended(String name, Path startLog) {
        return new Fault(
                        Fault.Kind.INTERNAL,
                        "the " + name + " ended while starting" + StartLog.lastWords(startLog),
                        "",
                        startLog.toString())
                .exception();
    }

    private static void pause() throws FaultException {
        try {
            Thread.sleep(GLANCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.internal("interrupted while a daemon starts").exception(e);
        }
    }
}

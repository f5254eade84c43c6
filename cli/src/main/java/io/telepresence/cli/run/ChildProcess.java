package io.telepresence.cli.run;

import io.telepresence.cli.env.PackedEnvironment;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs a command with this process's terminal. While it runs, Ctrl-C is the command's business (the terminal sends it to
 * both, and we ignore it from then on); a SIGTERM or SIGHUP sent to us is passed on. So we always live to clean up. A
 * command that is over for another reason gets SIGTERM, and SIGKILL two seconds later.
 */
public final class ChildProcess implements ChildRunner {
    private static final long GRACE_SECONDS = 2;
    private static final int SIGNALLED = 128;
    private static final Map<String, Integer> SIGNALS = Map.of("HUP", 1, "INT", 2, "TERM", 15);

    private final Path launcher;
    private boolean holding;
    private int early;
    private Process running;
    private Runnable stop = () -> {};

    /** @param launcher bin/telepresence, which hands variables on byte for byte */
    public ChildProcess(Path launcher) {
        this.launcher = launcher;
    }

    @Override
    public synchronized void holdSignals() {
        if (!holding) {
            holding = true;
            SIGNALS.keySet().forEach(name -> Signals.on(name, () -> came(name)));
        }
    }

    /** A signal came before the command. */
    synchronized boolean signalled() {
        return early != 0;
    }

    private synchronized void came(String signal) {
        if (running == null) {
            early = SIGNALS.get(signal);
            return;
        }
        if (!signal.equals("INT")) {
            running.destroy();
        }
        Process child = running;
        Runnable end = stop;
        Thread.ofPlatform().daemon().name("command-stop").start(() -> stopLater(child, end));
    }

    private static void stopLater(Process child, Runnable end) {
        try {
            if (!child.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                end.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Null: a signal came first. */
    private synchronized Process start(Job job) throws IOException {
        if (signalled()) {
            return null;
        }
        ProcessBuilder builder = builder(job).inheritIO();
        stop = job.stop();
        running = builder.start();
        return running;
    }

    /** Java gives a child what the locale makes of a value; where that may be something else, the launcher does it. */
    private ProcessBuilder builder(Job job) {
        boolean plain =
                job.environment().values().stream().allMatch(v -> v.chars().allMatch(c -> c < 0x80));
        if (plain) {
            ProcessBuilder builder = new ProcessBuilder(job.command());
            restoreLocale(builder.environment());
            builder.environment().putAll(job.environment());
            return builder;
        }
        List<String> command = new ArrayList<>(List.of(launcher.toString(), "__exec"));
        command.addAll(job.command());
        ProcessBuilder builder = new ProcessBuilder(command);
        restoreLocale(builder.environment());
        // What is there already is not replaced.
        builder.environment().keySet().removeAll(job.environment().keySet());
        builder.environment().putAll(PackedEnvironment.of(job.environment()));
        return builder;
    }

    /** The launcher sets a locale for Java where the caller's has not all letters, and keeps the caller's. */
    static void restoreLocale(Map<String, String> environment) {
        String locale = environment.remove("_TEL_LC_ALL");
        if (locale != null && locale.isEmpty()) {
            environment.remove("LC_ALL");
        } else if (locale != null) {
            environment.put("LC_ALL", locale);
        }
    }

    @Override
    public int run(Job job) throws FaultException {
        holdSignals();
        try {
            Process child = start(job);
            if (child == null) {
                return SIGNALLED + early;
            }
            job.started().run();
            Thread.ofPlatform().daemon().name("command-watch").start(() -> {
                if (job.over().getAsBoolean()) {
                    job.stop().run();
                    end(child);
                }
            });
            return await(child);
        } catch (IOException e) {
            throw Fault.user(
                            "cannot run \"" + job.command().getFirst() + "\": " + reason(e),
                            "Check the command after --")
                    .exception(e);
        }
    }

    /** The command and all that it started: first asked, then killed. */
    private static void end(Process child) {
        List<ProcessHandle> below = child.descendants().toList();
        child.destroy();
        below.forEach(ProcessHandle::destroy);
        try {
            if (!child.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                child.destroyForcibly();
            }
        } catch (InterruptedException e) {
            child.destroyForcibly();
        }
        below.forEach(ProcessHandle::destroyForcibly);
    }

    private static int await(Process child) {
        while (true) {
            try {
                return child.waitFor();
            } catch (InterruptedException e) {
                child.destroy();
            }
        }
    }

    private static String reason(IOException e) {
        String text = String.valueOf(e.getMessage());
        if (text.contains("No such file")) {
            return "no such command";
        }
        return text.contains("Permission denied") ? "no right to execute it" : text;
    }
}

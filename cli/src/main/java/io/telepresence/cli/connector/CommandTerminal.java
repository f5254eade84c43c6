package io.telepresence.cli.connector;

import com.google.protobuf.ByteString;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.connector.PluginEnd;
import io.telepresence.rpc.connector.PluginRun;
import io.telepresence.rpc.connector.TerminalOffer;
import io.telepresence.run.ProcessOutput;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Lends this command's terminal and environment to the credential plugins of a kubeconfig, as long as one call lasts: the
 * daemon says what to run, and gets what it printed. A plugin's standard error is the user's to see, and Ctrl-C reaches it
 * as it reaches us.
 */
final class CommandTerminal implements AutoCloseable {
    private static final String SERVICE = "telepresence.connector.Connector/";
    private static final Duration QUICK = Duration.ofSeconds(10);
    private static final int LARGEST_OUTPUT = 4 << 20;

    private final Rpc rpc;
    private final String id;
    private final Runnable beforePlugin;
    private final Thread serving;

    /** @param used standard input has been read already */
    private CommandTerminal(Rpc rpc, boolean used, Runnable beforePlugin) {
        byte[] secret = new byte[16];
        new SecureRandom().nextBytes(secret);
        this.rpc = rpc;
        this.id = HexFormat.of().formatHex(secret);
        this.beforePlugin = beforePlugin;
        TerminalOffer offer = TerminalOffer.newBuilder()
                .setId(id)
                .setReadable(!used && isTerminal(0))
                .build();
        this.serving = Thread.ofPlatform().daemon().name("terminal").unstarted(() -> serve(offer));
    }

    static CommandTerminal open(Rpc rpc, KubeFlags kube) {
        CommandTerminal terminal =
                new CommandTerminal(rpc, kube.stdin().length > 0, kube.shell().beforePlugin());
        terminal.serving.start();
        return terminal;
    }

    String id() {
        return id;
    }

    /** Ends a plugin that still runs. */
    @Override
    public void close() {
        serving.interrupt();
    }

    /** Whether that file of this process is a terminal. */
    static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    private void serve(TerminalOffer offer) {
        try {
            rpc.call(SERVICE + "ServeTerminal", offer, Duration.ZERO, bytes -> {
                PluginEnd end = run(PluginRun.parseFrom(bytes));
                try {
                    rpc.ask(SERVICE + "PluginEnded", end, Empty.parser(), QUICK);
                } catch (FaultException e) {
                    throw new IOException(e);
                }
            });
        } catch (FaultException e) {
            // The call that this is for is over, or says itself what is wrong with the daemon.
            return;
        }
    }

    private PluginEnd run(PluginRun wanted) {
        beforePlugin.run();
        PluginEnd.Builder end = PluginEnd.newBuilder().setTerminal(id).setId(wanted.getId());
        List<String> line = new ArrayList<>(List.of(wanted.getCommand()));
        line.addAll(wanted.getArgumentsList());
        ProcessBuilder builder = new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectInput(
                        wanted.getReads()
                                ? ProcessBuilder.Redirect.INHERIT
                                : ProcessBuilder.Redirect.from(new File("/dev/null")));
        builder.environment().putAll(wanted.getEnvironmentMap());
        try {
            return await(builder.start(), end);
        } catch (IOException e) {
            return end.setNotStarted(String.valueOf(e.getMessage())).build();
        }
    }

    private static PluginEnd await(Process plugin, PluginEnd.Builder end) {
        ProcessOutput output = ProcessOutput.of("plugin-output", plugin.getInputStream(), LARGEST_OUTPUT);
        // When we end by a signal: a plugin that ignores Ctrl-C must not stay at the terminal.
        Thread hook = new Thread(() -> end(plugin), "end-plugin");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            int code = plugin.waitFor();
            return end.setExitCode(code)
                    .setOutput(ByteString.copyFrom(output.afterExit()))
                    .build();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return end.setNotStarted("the command has ended").build();
        } finally {
            if (plugin.isAlive()) {
                end(plugin);
            }
            forget(hook);
        }
    }

    /** With all that it has started: a script's program does not end with the script. */
    private static void end(Process plugin) {
        List<ProcessHandle> below = plugin.descendants().toList();
        plugin.destroy();
        below.forEach(ProcessHandle::destroy);
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // This process ends already, and runs it.
            return;
        }
    }
}

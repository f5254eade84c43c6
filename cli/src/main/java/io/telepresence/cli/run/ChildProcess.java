package io.telepresence.cli.run;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Runs a command with this process's terminal. While it runs, Ctrl-C is the command's business (the terminal sends it to
 * both, and we ignore it from then on); a SIGTERM or SIGHUP sent to us is passed on. So we always live to clean up.
 */
public final class ChildProcess implements ChildRunner {
    private static final List<String> PASSED_ON = List.of("TERM", "HUP");

    @Override
    public int run(List<String> command, Map<String, String> environment) throws FaultException {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().putAll(environment);
        Signals.on("INT", () -> {});
        try {
            Process child = builder.start();
            PASSED_ON.forEach(name -> Signals.on(name, child::destroy));
            return await(child);
        } catch (IOException e) {
            throw Fault.user("cannot run \"" + command.getFirst() + "\": " + reason(e), "Check the command after --")
                    .exception(e);
        }
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

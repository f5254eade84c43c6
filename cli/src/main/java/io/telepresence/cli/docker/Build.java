package io.telepresence.cli.docker;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A {@code docker build}.
 *
 * @param context directory or URL
 * @param options key=value each, given as {@code --key=value}
 */
public record Build(String context, List<String> options) {
    /**
     * Builds; what the build prints is for the user.
     *
     * @param run runs a command with the user's terminal; gives its exit code
     * @return the image's id
     */
    public String run(Function<List<String>, Integer> run) throws FaultException {
        Path file;
        try {
            file = Files.createTempFile("telepresence", ".iid");
            Files.delete(file);
        } catch (IOException e) {
            throw Fault.user("no temporary file can be made: " + e.getMessage(), "")
                    .exception(e);
        }
        try {
            List<String> command = new ArrayList<>(List.of(Docker.PROGRAM, "build", "--force-rm", "--iidfile=" + file));
            options.forEach(o -> command.add("--" + o));
            command.add(context);
            int code = run.apply(command);
            if (code != 0) {
                throw Fault.user(
                                "docker build of " + context + " failed with exit code " + code,
                                "What it printed says why; nothing was engaged")
                        .exception();
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw Fault.internal("docker build wrote no image id: " + e.getMessage())
                    .exception(e);
        } finally {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // It holds an image id only; temporary files are cleaned by the system.
                file.toFile().deleteOnExit();
            }
        }
    }
}

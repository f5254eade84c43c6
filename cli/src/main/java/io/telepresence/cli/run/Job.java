package io.telepresence.cli.run;

import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * A command to run.
 *
 * @param environment put over the caller's own
 * @param started called when the command runs
 * @param over blocks on a thread of its own; true: the command shall end now, false: it need not
 * @param stop ends what the command stands for but a signal to it may not end, such as a container; on a thread of its
 *     own, two seconds after Ctrl-C or when it is over
 */
public record Job(
        List<String> command, Map<String, String> environment, Runnable started, BooleanSupplier over, Runnable stop) {
    public Job(List<String> command, Map<String, String> environment, Runnable started, BooleanSupplier over) {
        this(command, environment, started, over, () -> {});
    }

    /** A command that ends by itself. */
    public static Job of(List<String> command) {
        return new Job(command, Map.of(), () -> {}, () -> false);
    }
}

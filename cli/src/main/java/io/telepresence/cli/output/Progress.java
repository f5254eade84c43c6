package io.telepresence.cli.output;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.text.Printable;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Shows what a command is doing. A <em>milestone</em> is a line that stays; a <em>step</em> is what is being waited for
 * and gives way to what comes next. Used by one thread.
 */
public interface Progress extends AutoCloseable {
    void step(String what);

    void milestone(String line);

    /** Takes an unfinished step off the screen. */
    @Override
    void close();

    /** Value of {@code --progress}. */
    enum Style {
        AUTO,
        TTY,
        PLAIN,
        JSON,
        QUIET;

        public static Style parse(String text) throws FaultException {
            return switch (text) {
                case "auto" -> AUTO;
                case "tty" -> TTY;
                case "plain" -> PLAIN;
                case "json" -> JSON;
                case "quiet" -> QUIET;
                default ->
                    throw Fault.user(
                                    "invalid progress style \"" + text + "\"",
                                    "Use one of auto, tty, plain, json or quiet")
                            .exception();
            };
        }
    }

    static Progress quiet() {
        return new Plain(null);
    }

    /** Milestones as lines, as older versions print them; no steps. */
    static Progress plain(PrintStream to) {
        return new Plain(to);
    }

    /** One JSON object per step or milestone. */
    static Progress json(PrintStream to, LongSupplier millis) {
        return new JsonLines(to, millis);
    }

    /** A check mark, the line, and how long it took at the right edge. */
    static Progress tty(PrintStream to, LongSupplier millis, int width) {
        return new Tty(to, millis, width);
    }

    /** See {@link #plain} and {@link #quiet}. */
    record Plain(PrintStream to) implements Progress {
        @Override
        public void step(String what) {
            // A line per step would be noise where lines stay.
        }

        @Override
        public void milestone(String line) {
            if (to != null) {
                to.println(Printable.lines(line));
                to.flush();
            }
        }

        @Override
        public void close() {
            // Nothing is on the screen that has to go.
        }
    }

    /** See {@link #json}. */
    record JsonLines(PrintStream to, LongSupplier millis) implements Progress {
        @Override
        public void step(String what) {
            write("step", what);
        }

        @Override
        public void milestone(String line) {
            write("done", line);
        }

        private void write(String event, String text) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("time", java.time.Instant.ofEpochMilli(millis.getAsLong()).toString());
            line.put("event", event);
            line.put("message", text);
            to.println(JsonWriter.of(line));
            to.flush();
        }

        @Override
        public void close() {
            to.flush();
        }
    }
}

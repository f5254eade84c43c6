package io.telepresence.cli.output;

import io.telepresence.text.Printable;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where a command's result goes. In the default format lines are printed as they come; in a structured one they are
 * gathered, and {@link #finish} prints one document: the bare object, or the envelope {@code cmd, stdout, stderr, err}
 * without its empty members. What is printed comes from the cluster and from other users, too: only line breaks and tabs of
 * it act on a terminal. Used by one thread.
 */
public final class Output {
    private final Format format;
    private final PrintStream out;
    private final PrintStream err;
    private final StringBuilder lines = new StringBuilder();
    private final StringBuilder warnings = new StringBuilder();
    private Object object;
    private boolean bare;

    public Output(Format format, PrintStream out, PrintStream err) {
        this.format = format;
        this.out = out;
        this.err = err;
    }

    public Format format() {
        return format;
    }

    public boolean structured() {
        return format != Format.DEFAULT;
    }

    /** A line of the result. */
    public void line(String line) {
        if (structured()) {
            lines.append(line).append('\n');
        } else {
            out.println(Printable.lines(line));
        }
    }

    /** A line for stderr. */
    public void warn(String line) {
        if (structured()) {
            warnings.append(line).append('\n');
        } else {
            err.println(Printable.lines(line));
        }
    }

    /** The result as one object, in the envelope. */
    public void object(Object tree) {
        this.object = tree;
        this.bare = false;
    }

    /** The result as one object, printed without an envelope if the command succeeds. */
    public void bare(Object tree) {
        this.object = tree;
        this.bare = true;
    }

    /** A finished document, printed as it is but for characters that act on a terminal. */
    public void document(String text) {
        out.print(Printable.lines(text));
        out.print(text.endsWith("\n") ? "" : "\n");
    }

    /** Shows now what was printed: somebody else writes next. */
    public void flush() {
        out.flush();
        err.flush();
    }

    /** One document of a stream, printed at once. */
    public void item(Object tree) {
        out.println(JsonWriter.of(tree));
        out.flush();
    }

    /**
     * Ends the command.
     *
     * @param label what the user typed, for example {@code telepresence helm install}
     * @param command its name in the envelope
     * @param error sentence of the failure; empty: it succeeded
     */
    public void finish(String label, String command, String error) {
        if (!structured()) {
            if (!error.isEmpty()) {
                err.println(Printable.lines(label + ": error: " + error));
            }
        } else if (bare && error.isEmpty()) {
            print(object);
        } else {
            Map<String, Object> envelope = envelope(command, error);
            if (envelope.size() > 1) {
                print(envelope);
            }
        }
        out.flush();
        err.flush();
    }

    private Map<String, Object> envelope(String command, String error) {
        Map<String, Object> envelope = new LinkedHashMap<>();
        envelope.put("cmd", command);
        if (object != null && !bare) {
            envelope.put("stdout", object);
        } else if (!lines.isEmpty()) {
            envelope.put("stdout", lines.toString());
        }
        if (!warnings.isEmpty()) {
            envelope.put("stderr", warnings.toString());
        }
        if (!error.isEmpty()) {
            envelope.put("err", error);
        }
        return envelope;
    }

    private void print(Object tree) {
        if (format == Format.YAML) {
            out.print(YamlWriter.of(tree));
        } else {
            out.println(JsonWriter.of(tree));
        }
    }
}

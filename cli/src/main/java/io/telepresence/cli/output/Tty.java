package io.telepresence.cli.output;

import io.telepresence.text.Printable;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Progress on a terminal: steps overwrite each other, milestones stay with a check mark and their seconds. */
final class Tty implements Progress {
    private static final String ERASE_LINE = "\r\u001b[2K";

    private final PrintStream to;
    private final LongSupplier millis;
    private final int width;
    private long since;
    private boolean stepShown;

    Tty(PrintStream to, LongSupplier millis, int width) {
        this.to = to;
        this.millis = millis;
        this.width = width;
        this.since = millis.getAsLong();
    }

    @Override
    public void step(String what) {
        if (what.isBlank()) {
            return;
        }
        erase();
        int room = width - 4;
        String shown = Printable.line(what);
        to.print(" ⠿ " + (shown.length() > room ? shown.substring(0, Math.max(0, room)) : shown));
        to.flush();
        stepShown = true;
    }

    @Override
    public void milestone(String line) {
        erase();
        long now = millis.getAsLong();
        String took = String.format(Locale.ROOT, "%.1fs", (now - since) / 1000.0);
        since = now;
        String shown = Printable.line(line);
        int gap = width - 3 - shown.length() - took.length();
        to.println(" ✔ " + shown + " ".repeat(Math.max(2, gap)) + took);
        to.flush();
    }

    @Override
    public void close() {
        erase();
        to.flush();
    }

    private void erase() {
        if (stepShown) {
            to.print(ERASE_LINE);
            stepShown = false;
        }
    }
}

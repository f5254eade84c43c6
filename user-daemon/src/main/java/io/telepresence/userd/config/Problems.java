package io.telepresence.userd.config;

import java.util.ArrayList;
import java.util.List;

/** Collects everything that is wrong with configuration, so that the user hears of it at once. Not thread-safe. */
public final class Problems {
    private final List<String> errors = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    void error(String where, int line, String text) {
        errors.add(place(where, line) + text);
    }

    void warning(String where, int line, String text) {
        warnings.add(place(where, line) + text);
    }

    /** Values that cannot be used. */
    public List<String> errors() {
        return List.copyOf(errors);
    }

    /** Keys that are ignored. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    private static String place(String where, int line) {
        return line > 0 ? where + ":" + line + ": " : where + ": ";
    }
}

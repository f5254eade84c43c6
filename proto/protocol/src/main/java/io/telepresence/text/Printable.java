package io.telepresence.text;

import java.util.function.IntPredicate;

/**
 * Shows characters that would act on a terminal, or forge a line of a log, instead of sending them there: {@code \\n},
 * {@code \\t}, {@code \\x1b}, {@code \\u202e}. These are the controls (C0, DEL, C1), the line and paragraph separators, the
 * formats that reorder or hide text (bidirectional controls, zero-width characters, tags), and unpaired surrogates.
 * Backslashes stay as they are: the result is for reading, not for reading back.
 */
public final class Printable {
    private Printable() {}

    /** The text as one line. */
    public static String line(String text) {
        return escape(text, Printable::acts);
    }

    /** The same; line feeds and tabs stay. */
    public static String lines(String text) {
        return escape(text, c -> c != '\n' && c != '\t' && acts(c));
    }

    /** Whether {@link #line} would leave it as it is. */
    public static boolean isLine(String text) {
        return text.codePoints().noneMatch(Printable::acts);
    }

    private static boolean acts(int c) {
        if (c >= ' ' && c < 0x7f) {
            return false;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> true;
            default -> false;
        };
    }

    private static String escape(String text, IntPredicate acts) {
        int first = 0;
        while (first < text.length() && !acts.test(text.codePointAt(first))) {
            first += Character.charCount(text.codePointAt(first));
        }
        if (first == text.length()) {
            return text;
        }
        StringBuilder shown = new StringBuilder(text.length() + 16).append(text, 0, first);
        text.substring(first).codePoints().forEach(c -> {
            if (acts.test(c)) {
                shown.append(name(c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }

    private static String name(int c) {
        return switch (c) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> c < 0x100 ? String.format("\\x%02x", c) : String.format("\\u%04x", c);
        };
    }
}

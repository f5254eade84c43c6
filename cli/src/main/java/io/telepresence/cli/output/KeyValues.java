package io.telepresence.cli.output;

import java.util.ArrayList;
import java.util.List;

/**
 * A block of {@code Key: value} lines whose colons stand under each other. The lines of a nested block or list follow
 * their key, indented further.
 */
public final class KeyValues {
    private record Row(String key, String value, List<String> below) {}

    private final List<Row> rows = new ArrayList<>();
    private final String indent;
    private final int narrowest;

    public KeyValues(String indent) {
        this(indent, 0);
    }

    /** {@code narrowest}: how many columns keys take at least. */
    public KeyValues(String indent, int narrowest) {
        this.indent = indent;
        this.narrowest = narrowest;
    }

    public KeyValues add(String key, String value) {
        rows.add(new Row(key, value, List.of()));
        return this;
    }

    /** Adds the pair only where the value says something. */
    public KeyValues addIfSet(String key, String value) {
        return value.isEmpty() ? this : add(key, value);
    }

    /** Adds a key with its own lines below it, each indented by this block's indent once more. */
    public KeyValues add(String key, String value, List<String> below) {
        rows.add(new Row(key, value, List.copyOf(below)));
        return this;
    }

    public List<String> lines() {
        int width = rows.stream().mapToInt(r -> r.key().length()).reduce(narrowest, Math::max);
        List<String> lines = new ArrayList<>();
        for (Row row : rows) {
            String[] value = row.value().split("\n", -1);
            String head = indent + row.key() + " ".repeat(width - row.key().length()) + ":";
            lines.add(value[0].isEmpty() ? head : head + " " + value[0]);
            for (int i = 1; i < value.length; i++) {
                lines.add(indent + " ".repeat(width + 2) + value[i]);
            }
            row.below().forEach(line -> lines.add(indent + line));
        }
        return lines;
    }
}

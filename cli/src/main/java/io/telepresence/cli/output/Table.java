package io.telepresence.cli.output;

import io.telepresence.text.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Rows of cells in columns that are as wide as need be, two spaces apart. All rows have equally many. */
public final class Table {
    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();
    private final String indent;

    public Table(String indent) {
        this.indent = indent;
    }

    public void row(String... cells) {
        rows.add(Stream.of(cells).map(Printable::line).toList());
    }

    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder(indent);
            for (int i = 0; i < row.size(); i++) {
                line.append(row.get(i))
                        .append(" ".repeat(width(i) - row.get(i).length()))
                        .append(GAP);
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private int width(int column) {
        return rows.stream().mapToInt(r -> r.get(column).length()).max().orElse(0);
    }
}

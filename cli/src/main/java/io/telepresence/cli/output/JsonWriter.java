package io.telepresence.cli.output;

import io.telepresence.text.Printable;
import java.util.HexFormat;
import java.util.Map;

/** Writes a tree of Map, List, String, Number, Boolean, {@link Raw} and null as JSON on one line. */
public final class JsonWriter {
    /** Text that is JSON already. */
    public record Raw(String json) {}

    private JsonWriter() {}

    public static String of(Object tree) {
        StringBuilder out = new StringBuilder();
        write(tree, out);
        return out.toString();
    }

    private static void write(Object node, StringBuilder out) {
        switch (node) {
            case null -> out.append("null");
            case Raw raw -> out.append(raw.json().strip());
            case Map<?, ?> map -> {
                String separator = "{";
                for (Map.Entry<?, ?> e : map.entrySet()) {
                    out.append(separator);
                    quote(String.valueOf(e.getKey()), out);
                    out.append(':');
                    write(e.getValue(), out);
                    separator = ",";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case Iterable<?> list -> {
                out.append('[');
                String separator = "";
                for (Object item : list) {
                    out.append(separator);
                    write(item, out);
                    separator = ",";
                }
                out.append(']');
            }
            case Number number -> out.append(number);
            case Boolean bool -> out.append(bool);
            default -> quote(node.toString(), out);
        }
    }

    static void quote(String text, StringBuilder out) {
        out.append('"');
        text.codePoints().forEach(c -> {
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (Printable.acts(c)) {
                        escape(c, out);
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
        });
        out.append('"');
    }

    /** RFC 8259 section 7: above the first plane a pair of surrogates. */
    private static void escape(int c, StringBuilder out) {
        for (char unit : Character.toChars(c)) {
            out.append("\\u").append(HexFormat.of().toHexDigits(unit));
        }
    }
}

package io.telepresence.cli.output;

import io.telepresence.text.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Writes a tree of Map, List, String, Number, Boolean and null as block YAML. Text that could be misread is quoted. */
public final class YamlWriter {
    private static final Set<String> WORDS =
            Set.of("true", "false", "yes", "no", "on", "off", "null", "y", "n", "~", "", ".inf", ".nan");
    private static final String NEEDS_QUOTES_FIRST = "-?:,[]{}#&*!|>'\"%@` =";

    private static final Pattern NUMBER_OR_TIME = Pattern.compile("[-+]?[0-9][0-9_]*(\\.[0-9_]*)?([eE][-+]?[0-9]+)?"
            + "|[-+]?\\.[0-9]+([eE][-+]?[0-9]+)?|0[xo][0-9a-fA-F]+|[-+]?[0-9]+(:[0-9]{1,2})+(\\.[0-9]*)?"
            + "|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*");

    private YamlWriter() {}

    public static String of(Object tree) {
        StringBuilder out = new StringBuilder();
        if (scalar(tree)) {
            out.append(text(tree)).append('\n');
        } else {
            block(tree, 0, out, false);
        }
        return out.toString();
    }

    private static boolean scalar(Object node) {
        return !(node instanceof Map<?, ?> m && !m.isEmpty())
                && !(node instanceof Iterable<?> l && l.iterator().hasNext());
    }

    /** Writes a block at {@code indent}; {@code inline}: the first line continues one that has its indent already. */
    private static void block(Object node, int indent, StringBuilder out, boolean inline) {
        boolean first = inline;
        if (node instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> e : map.entrySet()) {
                out.append(first ? "" : " ".repeat(indent))
                        .append(text(e.getKey()))
                        .append(':');
                first = false;
                if (scalar(e.getValue())) {
                    out.append(' ').append(text(e.getValue())).append('\n');
                } else {
                    out.append('\n');
                    block(e.getValue(), e.getValue() instanceof Map ? indent + 2 : indent, out, false);
                }
            }
            return;
        }
        for (Object item : items(node)) {
            out.append(first ? "" : " ".repeat(indent)).append("- ");
            first = false;
            if (scalar(item)) {
                out.append(text(item)).append('\n');
            } else {
                block(item, indent + 2, out, true);
            }
        }
    }

    private static List<Object> items(Object node) {
        List<Object> items = new ArrayList<>();
        ((Iterable<?>) node).forEach(items::add);
        return items;
    }

    private static String text(Object node) {
        return switch (node) {
            case null -> "null";
            case Map<?, ?> m -> "{}";
            case Iterable<?> l -> "[]";
            case Number n -> n.toString();
            case Boolean b -> b.toString();
            default -> quoted(node.toString());
        };
    }

    private static String quoted(String text) {
        boolean plain = !WORDS.contains(text.toLowerCase(java.util.Locale.ROOT))
                && NEEDS_QUOTES_FIRST.indexOf(text.charAt(0)) < 0
                && !NUMBER_OR_TIME.matcher(text).matches()
                && !text.contains(": ")
                && !text.contains(" #")
                && !text.endsWith(":")
                && !text.endsWith(" ")
                && Printable.isLine(text);
        if (plain) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        JsonWriter.quote(text, out);
        return out.toString();
    }
}

package io.telepresence.userd.helm;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Helm's {@code --set} language: {@code a.b[0].c=v,d={x,y}}, a backslash before a character that is meant as it is.
 * Values become booleans, whole numbers or null where they look like one; {@code --set-string} keeps them text.
 */
final class SetSyntax {
    private static final int LARGEST_INDEX = 65_536;

    private final String text;
    private final boolean typed;
    private int at;

    private SetSyntax(String text, boolean typed) {
        this.text = text;
        this.typed = typed;
    }

    /** Puts every assignment of the text into the tree. */
    static void apply(String text, boolean typed, Map<String, Object> into) throws FaultException {
        SetSyntax syntax = new SetSyntax(text, typed);
        while (syntax.at < text.length()) {
            List<Object> path = syntax.path();
            put(into, path, syntax.value());
        }
    }

    /** {@code key=VALUE} with a value that is already known, as {@code --set-json} and {@code --set-file} give it. */
    static void assign(String key, Object value, Map<String, Object> into) throws FaultException {
        put(into, new SetSyntax(key + "=", false).path(), value);
    }

    /** Names as strings, indexes as integers, up to the equals sign. */
    private List<Object> path() throws FaultException {
        List<Object> path = new ArrayList<>();
        StringBuilder name = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            switch (c) {
                case '\\' -> name.append(at < text.length() ? text.charAt(at++) : '\\');
                case '.' -> flush(name, path);
                case '[' -> {
                    flush(name, path);
                    path.add(index());
                }
                case '=' -> {
                    flush(name, path);
                    if (path.isEmpty()) {
                        throw wrong("a name is missing before =");
                    }
                    return path;
                }
                default -> name.append(c);
            }
        }
        throw wrong("key " + name + " has no value");
    }

    private static void flush(StringBuilder name, List<Object> path) {
        if (!name.isEmpty()) {
            path.add(name.toString());
            name.setLength(0);
        }
    }

    private Integer index() throws FaultException {
        int end = text.indexOf(']', at);
        try {
            int index = Integer.parseInt(text.substring(at, Math.max(at, end)));
            at = end + 1;
            if (index >= 0 && index < LARGEST_INDEX) {
                return index;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw wrong("the text in [ ] is not a list index");
    }

    private Object value() {
        if (at < text.length() && text.charAt(at) == '{') {
            at++;
            return list();
        }
        return scalar(word(","));
    }

    private List<Object> list() {
        List<Object> items = new ArrayList<>();
        boolean open = true;
        while (open && at < text.length()) {
            String item = word(",}");
            open = text.charAt(at - 1) == ',';
            if (open || !item.isEmpty()) {
                items.add(scalar(item));
            }
        }
        if (at < text.length() && text.charAt(at) == ',') {
            at++;
        }
        return items;
    }

    /** Up to one of the ends, which is consumed. */
    private String word(String ends) {
        StringBuilder word = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '\\' && at < text.length()) {
                word.append(text.charAt(at++));
            } else if (ends.indexOf(c) >= 0) {
                break;
            } else {
                word.append(c);
            }
        }
        return word.toString();
    }

    private Object scalar(String word) {
        if (!typed) {
            return word;
        }
        return switch (word) {
            case "true" -> true;
            case "false" -> false;
            case "null" -> null;
            default -> word.matches("-?(0|[1-9]\\d{0,17})") ? (Object) Long.parseLong(word) : word;
        };
    }

    private static void put(Map<String, Object> tree, List<Object> path, Object value) throws FaultException {
        Object node = tree;
        for (int i = 0; i < path.size(); i++) {
            boolean last = i == path.size() - 1;
            Object next = last ? value : path.get(i + 1) instanceof Integer ? new ArrayList<>() : new LinkedHashMap<>();
            node = child(node, path.get(i), next, last);
        }
    }

    @SuppressWarnings("unchecked") // trees are made of these two types only
    private static Object child(Object node, Object key, Object next, boolean last) throws FaultException {
        if (node instanceof Map<?, ?> && key instanceof String name) {
            Map<String, Object> map = (Map<String, Object>) node;
            if (last || !sameShape(next, map.get(name))) {
                map.put(name, next);
            }
            return map.get(name);
        }
        if (node instanceof List<?> && key instanceof Integer index) {
            List<Object> list = (List<Object>) node;
            while (list.size() <= index) {
                list.add(null);
            }
            if (last || !sameShape(next, list.get(index))) {
                list.set(index, next);
            }
            return list.get(index);
        }
        throw Fault.user("--set mixes a list and a map at " + key, "").exception();
    }

    private static boolean sameShape(Object wanted, Object there) {
        return wanted instanceof List ? there instanceof List : there instanceof Map;
    }

    private FaultException wrong(String why) {
        return Fault.user("--set " + text + " cannot be read: " + why, "Write it as name.name=value")
                .exception();
    }
}

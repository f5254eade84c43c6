package io.telepresence.rootd.host;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the JSON that {@code ip -json} and {@code nft -j} print (RFC 8259) into maps, lists, strings, doubles, booleans
 * and null. Here so that the privileged process needs no JSON library.
 */
final class IpJson {
    private static final int DEEPEST = 64;

    private final String text;
    private int at;
    private int depth;

    private IpJson(String text) {
        this.text = text;
    }

    /** @throws IllegalArgumentException if it is not JSON */
    static Object parse(String text) {
        IpJson json = new IpJson(text);
        Object value = json.value();
        json.blanks();
        if (json.at != text.length()) {
            throw json.bad("something follows");
        }
        return value;
    }

    private Object value() {
        blanks();
        if (at >= text.length() || ++depth > DEEPEST) {
            throw bad("no value");
        }
        Object value =
                switch (text.charAt(at)) {
                    case '{' -> object();
                    case '[' -> array();
                    case '"' -> string();
                    default -> word();
                };
        depth--;
        return value;
    }

    private Map<String, Object> object() {
        Map<String, Object> out = new LinkedHashMap<>();
        at++;
        while (!ends('}')) {
            blanks();
            String key = string();
            blanks();
            if (at >= text.length() || text.charAt(at++) != ':') {
                throw bad("no colon");
            }
            out.put(key, value());
        }
        return out;
    }

    private List<Object> array() {
        List<Object> out = new ArrayList<>();
        at++;
        while (!ends(']')) {
            out.add(value());
        }
        return out;
    }

    /** Steps over blanks and one comma; true and past it if the closing bracket is next. */
    private boolean ends(char closing) {
        blanks();
        if (at < text.length() && text.charAt(at) == ',') {
            at++;
            blanks();
        }
        if (at < text.length() && text.charAt(at) == closing) {
            at++;
            return true;
        }
        return false;
    }

    private String string() {
        if (at >= text.length() || text.charAt(at) != '"') {
            throw bad("no string");
        }
        StringBuilder out = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return out.toString();
            }
            out.append(c == '\\' ? escaped() : c);
        }
        throw bad("string without end");
    }

    private char escaped() {
        if (++at >= text.length()) {
            throw bad("string without end");
        }
        char c = text.charAt(at);
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> {
                if (at + 4 >= text.length()) {
                    throw bad("string without end");
                }
                char unicode = (char) Integer.parseInt(text.substring(at + 1, at + 5), 16);
                at += 4;
                yield unicode;
            }
            default -> c;
        };
    }

    private Object word() {
        int from = at;
        while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(from, at);
        return switch (word) {
            case "true" -> Boolean.TRUE;
            case "false" -> Boolean.FALSE;
            case "null" -> null;
            default -> Double.valueOf(word);
        };
    }

    private void blanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private IllegalArgumentException bad(String what) {
        return new IllegalArgumentException("not JSON at " + at + ": " + what);
    }
}

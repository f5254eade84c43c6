import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON as the API server writes it: maps, lists, strings, booleans, doubles and null. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    static Object parse(String text) {
        return new Json(text).value();
    }

    /** Follows keys through nested maps; null where one is missing. */
    static Object get(Object from, String... path) {
        Object here = from;
        for (String key : path) {
            here = here instanceof Map<?, ?> map ? map.get(key) : null;
        }
        return here;
    }

    static String string(Object from, String... path) {
        Object found = get(from, path);
        return found == null ? "" : found.toString();
    }

    static List<?> list(Object from, String... path) {
        return get(from, path) instanceof List<?> list ? list : List.of();
    }

    private Object value() {
        blank();
        return switch (text.charAt(at)) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> quoted();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, Object> object() {
        Map<String, Object> map = new LinkedHashMap<>();
        at++;
        while (!closes('}')) {
            String key = quoted();
            blank();
            at++; // the colon
            map.put(key, value());
        }
        return map;
    }

    private List<Object> array() {
        List<Object> list = new ArrayList<>();
        at++;
        while (!closes(']')) {
            list.add(value());
        }
        return list;
    }

    /** Steps over blanks and a comma; true, and past it, if the closing sign comes next. */
    private boolean closes(char sign) {
        blank();
        if (text.charAt(at) == ',') {
            at++;
            blank();
        }
        if (text.charAt(at) != sign) {
            return false;
        }
        at++;
        return true;
    }

    private String quoted() {
        StringBuilder out = new StringBuilder();
        for (at++; text.charAt(at) != '"'; at++) {
            out.append(text.charAt(at) == '\\' ? escaped() : text.charAt(at));
        }
        at++;
        return out.toString();
    }

    private char escaped() {
        char sign = text.charAt(++at);
        return switch (sign) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> {
                at += 4;
                yield (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
            }
            default -> sign;
        };
    }

    private Object word(String word, Object value) {
        at += word.length();
        return value;
    }

    private Double number() {
        int from = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return Double.valueOf(text.substring(from, at));
    }

    private void blank() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }
}

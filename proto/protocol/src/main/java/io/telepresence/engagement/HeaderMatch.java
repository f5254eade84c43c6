package io.telepresence.engagement;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.Locale;

/**
 * A header that a request must have with exactly that value: the same bytes, of the value's UTF-8. The case of the name does
 * not count, that of the value does.
 *
 * @param name canonical: {@code X-User}
 * @param value as typed, without blanks around it, which are no part of a value on the wire either
 */
public record HeaderMatch(String name, String value) {
    public HeaderMatch {
        name = canonical(name);
        value = stripped(value);
    }

    /** @throws FaultException no request can have such a header */
    public static HeaderMatch of(String name, String value) throws FaultException {
        if (!isToken(name)) {
            throw Fault.user(
                            "\"" + name + "\" is not the name of an HTTP header",
                            "Write it as Name=value or 'Name: value'")
                    .exception();
        }
        if (value.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 127)) {
            throw Fault.user(
                            "the value of the header " + name
                                    + " has a control character in it, which no request can have",
                            "")
                    .exception();
        }
        return new HeaderMatch(name, value);
    }

    /** The name as it is looked up. */
    public String lowerCaseName() {
        return name.toLowerCase(Locale.ROOT);
    }

    /** Why the request does not fit; empty: it does. */
    String mismatch(HttpHead request) {
        String found = request.header(lowerCaseName());
        if (found == null) {
            return "there is no header " + name;
        }
        return found.equals(HttpHead.octets(value))
                ? ""
                : "header " + name + " is '" + HttpHead.text(found) + "', not '" + value + "'";
    }

    @Override
    public String toString() {
        return "'" + name + ": " + value + "'";
    }

    /** RFC 9110, section 5.6.2. */
    private static boolean isToken(String name) {
        return !name.isEmpty()
                && name.chars().allMatch(c -> c > ' ' && c < 127 && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0);
    }

    private static String stripped(String value) {
        int from = 0;
        int to = value.length();
        while (from < to && isBlank(value.charAt(from))) {
            from++;
        }
        while (from < to && isBlank(value.charAt(to - 1))) {
            to--;
        }
        return value.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    /** First letter and every letter after a hyphen in upper case, the others in lower case. */
    static String canonical(String name) {
        StringBuilder canonical = new StringBuilder(name.length());
        boolean upper = true;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            canonical.append(upper ? Character.toUpperCase(c) : Character.toLowerCase(c));
            upper = c == '-';
        }
        return canonical.toString();
    }
}

package io.telepresence.filter;

import java.util.Locale;
import java.util.Objects;

/**
 * A header that a request must have with exactly that value.
 *
 * @param name canonical: {@code X-User}
 */
public record HeaderMatch(String name, String value) {
    public HeaderMatch {
        name = canonical(name);
        Objects.requireNonNull(value);
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
        return found.equals(value) ? "" : "header " + name + " is '" + found + "', not '" + value + "'";
    }

    @Override
    public String toString() {
        return "'" + name + ": " + value + "'";
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

package io.telepresence.engagement;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.Objects;

/**
 * A condition on the path of a request. On both sides percent-escapes count as the octets that they stand for, and what is
 * typed as UTF-8; only {@code %2F} and {@code %25} stay, in upper case, because a slash and a percent sign mean something
 * else. An expression sees the path as text in that form. Regular expressions are RE2's, as users of Telepresence know them, and run in
 * linear time: whoever sets a filter cannot stall an agent.
 */
public final class PathMatch {
    /** In the order in which equal tiers are judged: what is more exact comes first. */
    public enum Kind {
        EQUAL("path"),
        PREFIX("path-prefix"),
        REGEX("path-regex");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        /** As {@code list} shows it: path-prefix. */
        public String word() {
            return word;
        }
    }

    private final Kind kind;
    private final String value;
    /** What is compared. */
    private final String form;

    private final Pattern pattern;

    private PathMatch(Kind kind, String value, Pattern pattern) {
        this.kind = kind;
        this.value = value;
        this.form = kind == Kind.REGEX ? value : form(HttpHead.octets(value));
        this.pattern = pattern;
    }

    /** @throws FaultException an empty value, or one that is no regular expression */
    public static PathMatch of(Kind kind, String value) throws FaultException {
        Objects.requireNonNull(kind);
        if (value.isEmpty()) {
            throw Fault.user("an HTTP " + kind.word + " filter is empty", "Give a path such as /api")
                    .exception();
        }
        if (kind != Kind.REGEX) {
            return new PathMatch(kind, value, null);
        }
        try {
            return new PathMatch(kind, value, Pattern.compile(value));
        } catch (PatternSyntaxException e) {
            throw Fault.user(
                            "\"" + value + "\" is not a valid regular expression: " + e.getDescription(),
                            "The syntax is RE2's, see https://github.com/google/re2/wiki/Syntax")
                    .exception(e);
        }
    }

    public Kind kind() {
        return kind;
    }

    public String value() {
        return value;
    }

    /** @param path octets */
    boolean matches(String path) {
        String found = form(path);
        return switch (kind) {
            case EQUAL -> found.equals(form);
            case PREFIX -> found.startsWith(form);
            case REGEX -> pattern.matches(HttpHead.text(found));
        };
    }

    /** Of octets that are a path. What is no escape stays as it is. */
    private static String form(String path) {
        if (path.indexOf('%') < 0) {
            return path;
        }
        StringBuilder form = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            int octet = path.charAt(i) == '%' && i + 2 < path.length() ? octet(path, i + 1) : -1;
            if (octet < 0) {
                form.append(path.charAt(i));
            } else {
                form.append(octet == '/' ? "%2F" : octet == '%' ? "%25" : String.valueOf((char) octet));
                i += 2;
            }
        }
        return form.toString();
    }

    /** Two hexadecimal digits; -1: they are none. */
    private static int octet(String path, int at) {
        int high = Character.digit(path.charAt(at), 16);
        int low = Character.digit(path.charAt(at + 1), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PathMatch that && kind == that.kind && form.equals(that.form);
    }

    @Override
    public int hashCode() {
        return Objects.hash(kind, form);
    }

    /** As in a sentence: {@code path-prefix /api}. */
    @Override
    public String toString() {
        return kind.word + " " + value;
    }
}

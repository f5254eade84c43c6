package io.telepresence.filter;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.Objects;

/**
 * A condition on the path of a request. Regular expressions are RE2's, as users of Telepresence know them, and run in
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
    }

    private final Kind kind;
    private final String value;
    private final Pattern pattern;

    private PathMatch(Kind kind, String value, Pattern pattern) {
        this.kind = kind;
        this.value = value;
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

    boolean matches(String path) {
        return switch (kind) {
            case EQUAL -> path.equals(value);
            case PREFIX -> path.startsWith(value);
            case REGEX -> pattern.matches(path);
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PathMatch that && kind == that.kind && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return Objects.hash(kind, value);
    }

    /** As in a sentence: {@code path-prefix /api}. */
    @Override
    public String toString() {
        return kind.word + " " + value;
    }
}

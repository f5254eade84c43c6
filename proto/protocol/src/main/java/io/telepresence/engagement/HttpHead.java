package io.telepresence.engagement;

import java.nio.charset.StandardCharsets;

/**
 * What of an HTTP request a filter looks at, byte for byte as it is on the wire: each character of a text stands for one
 * octet. Implementations may read it in place; a filter asks only for the names it has.
 */
public interface HttpHead {
    String method();

    /** The path of the request target, without query and fragment; {@code *} and authority forms as they are. */
    String path();

    /**
     * The field's value (RFC 9110, section 5.2: several lines joined by a comma and a space), null where there is none.
     *
     * @param lowerCaseName in lower case
     */
    String header(String lowerCaseName);

    /** What somebody typed as octets: UTF-8. */
    static String octets(String typed) {
        for (int i = 0; i < typed.length(); i++) {
            if (typed.charAt(i) >= 0x80) {
                return new String(typed.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            }
        }
        return typed;
    }

    /** Octets for people to read. */
    static String text(String octets) {
        return new String(octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** The path within a request target: absolute form loses scheme and authority, all lose the query. */
    static String pathOf(String target) {
        int start = 0;
        int scheme = target.indexOf("://");
        if (scheme > 0 && target.charAt(0) != '/') {
            start = scheme + 3;
            while (start < target.length() && "/?#".indexOf(target.charAt(start)) < 0) {
                start++;
            }
            if (start == target.length() || target.charAt(start) != '/') {
                return "/";
            }
        }
        int end = start;
        while (end < target.length() && target.charAt(end) != '?' && target.charAt(end) != '#') {
            end++;
        }
        return target.substring(start, end);
    }
}

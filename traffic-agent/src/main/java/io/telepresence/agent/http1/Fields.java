package io.telepresence.agent.http1;

import io.telepresence.agent.detect.HttpChars;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The field lines of one head, found in place. Reused for the next head; on one thread.
 */
final class Fields {
    /** No Content-Length field. */
    static final long NO_LENGTH = -1;
    /** Several Content-Length fields, or one that is no number. */
    static final long BAD_LENGTH = -2;

    private static final int MOST_LENGTH_DIGITS = 18;
    private static final byte[] CONTENT_LENGTH = name("content-length");
    private static final byte[] TRANSFER_ENCODING = name("transfer-encoding");
    private static final byte[] CONNECTION = name("connection");
    private static final byte[] UPGRADE = name("upgrade");

    private byte[] bytes;
    /** For each field: where its line begins, its name ends, its value begins and ends, its line ends. */
    private int[] marks = new int[5 * 32];

    private int count;
    private long contentLength;
    /** Null: there is no Transfer-Encoding. */
    private String encoding;

    private boolean hasConnection;
    private boolean hasUpgrade;

    static byte[] name(String lowerCase) {
        return lowerCase.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Reads the lines from {@code from}, up to and including the empty line that ends at {@code to}.
     *
     * @param strict also refuses lines without CR and continued lines
     * @return what is wrong, null: nothing
     */
    String read(byte[] head, int from, int to, boolean strict) {
        bytes = head;
        count = 0;
        contentLength = NO_LENGTH;
        encoding = null;
        hasConnection = false;
        hasUpgrade = false;
        int at = from;
        while (at < to) {
            int lf = indexOf((byte) '\n', at, to);
            if (lf < 0) {
                return "a line does not end";
            }
            int end = lf > at && head[lf - 1] == '\r' ? lf - 1 : lf;
            if (end == lf && strict) {
                return "a line ends without CR";
            }
            if (end == at) {
                return lf + 1 == to ? null : "an empty line";
            }
            String wrong = line(at, end, lf + 1, strict);
            if (wrong != null) {
                return wrong;
            }
            at = lf + 1;
        }
        return "there is no empty line";
    }

    private String line(int from, int end, int next, boolean strict) {
        if (bytes[from] == ' ' || bytes[from] == '\t') {
            return strict ? "a field that goes on in the next line" : null;
        }
        int colon = from;
        while (colon < end && HttpChars.isToken(bytes[colon])) {
            colon++;
        }
        if (colon == from || colon == end || bytes[colon] != ':') {
            return strict ? "a line that is no field" : null;
        }
        int begin = colon + 1;
        while (begin < end && HttpChars.isSpace(bytes[begin])) {
            begin++;
        }
        int last = end;
        while (last > begin && HttpChars.isSpace(bytes[last - 1])) {
            last--;
        }
        for (int i = begin; i < last; i++) {
            if (bytes[i] == '\r' || bytes[i] == 0) {
                return "a bare CR or a NUL in a field";
            }
        }
        add(from, colon, begin, last, next);
        note(from, colon, begin, last);
        return null;
    }

    private void add(int from, int colon, int begin, int last, int next) {
        if (count * 5 == marks.length) {
            marks = Arrays.copyOf(marks, marks.length * 2);
        }
        int at = count++ * 5;
        marks[at] = from;
        marks[at + 1] = colon;
        marks[at + 2] = begin;
        marks[at + 3] = last;
        marks[at + 4] = next;
    }

    private void note(int from, int colon, int begin, int last) {
        switch (colon - from) {
            case 7 -> hasUpgrade |= HttpChars.sameIgnoringCase(bytes, from, UPGRADE);
            case 10 -> hasConnection |= HttpChars.sameIgnoringCase(bytes, from, CONNECTION);
            case 14 -> {
                if (HttpChars.sameIgnoringCase(bytes, from, CONTENT_LENGTH)) {
                    contentLength = contentLength == NO_LENGTH ? number(begin, last) : BAD_LENGTH;
                }
            }
            case 17 -> {
                if (HttpChars.sameIgnoringCase(bytes, from, TRANSFER_ENCODING)) {
                    encoding = encoding == null ? text(begin, last) : encoding + "," + text(begin, last);
                }
            }
            default -> {}
        }
    }

    private long number(int begin, int last) {
        if (begin == last || last - begin > MOST_LENGTH_DIGITS) {
            return BAD_LENGTH;
        }
        long number = 0;
        for (int i = begin; i < last; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return BAD_LENGTH;
            }
            number = number * 10 + bytes[i] - '0';
        }
        return number;
    }

    /** In bytes, or one of the constants. */
    long contentLength() {
        return contentLength;
    }

    boolean hasTransferEncoding() {
        return encoding != null;
    }

    /** Whether chunked is the last transfer coding, and none of the others. */
    boolean isChunked() {
        if (encoding == null) {
            return false;
        }
        String[] codings = encoding.split(",", -1);
        for (int i = 0; i < codings.length; i++) {
            boolean chunked = codings[i].strip().equalsIgnoreCase("chunked");
            if (chunked != (i == codings.length - 1)) {
                return false;
            }
        }
        return true;
    }

    boolean connectionHas(String token) {
        return hasConnection && listHas(CONNECTION, token);
    }

    boolean hasUpgrade() {
        return hasUpgrade;
    }

    boolean upgradeHas(String token) {
        return hasUpgrade && listHas(UPGRADE, token);
    }

    private boolean listHas(byte[] name, String token) {
        for (int i = 0; i < count; i++) {
            if (is(i, name)) {
                for (String element : value(i).split(",")) {
                    if (element.strip().equalsIgnoreCase(token)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** All values of a field, joined by a comma and a space; null: there is none. */
    String joined(String lowerCaseName) {
        String joined = null;
        for (int i = 0; i < count; i++) {
            if (isNamed(i, lowerCaseName)) {
                joined = joined == null ? value(i) : joined + ", " + value(i);
            }
        }
        return joined;
    }

    int count() {
        return count;
    }

    boolean is(int field, byte[] lowerCaseName) {
        return marks[field * 5 + 1] - marks[field * 5] == lowerCaseName.length
                && HttpChars.sameIgnoringCase(bytes, marks[field * 5], lowerCaseName);
    }

    private boolean isNamed(int field, String lowerCaseName) {
        int from = marks[field * 5];
        if (marks[field * 5 + 1] - from != lowerCaseName.length()) {
            return false;
        }
        for (int i = 0; i < lowerCaseName.length(); i++) {
            if (HttpChars.lower(bytes[from + i]) != lowerCaseName.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    String value(int field) {
        return text(marks[field * 5 + 2], marks[field * 5 + 3]);
    }

    /** Where the field's line begins. */
    int lineBegin(int field) {
        return marks[field * 5];
    }

    /** Where the field's value begins. */
    int valueBegin(int field) {
        return marks[field * 5 + 2];
    }

    /** Where the next line begins. */
    int lineEnd(int field) {
        return marks[field * 5 + 4];
    }

    private int indexOf(byte b, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == b) {
                return i;
            }
        }
        return -1;
    }

    private String text(int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
}

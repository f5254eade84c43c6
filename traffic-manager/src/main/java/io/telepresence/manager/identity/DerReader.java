package io.telepresence.manager.identity;

import java.util.Arrays;

/**
 * Reads DER, one element after the other; of lengths only the definite, shortest form up to 64 KiB. Everything else is an
 * {@link IllegalArgumentException}. It copies nothing until it is asked for bytes.
 */
final class DerReader {
    static final int INTEGER = 0x02;
    static final int BIT_STRING = 0x03;
    static final int OID = 0x06;
    static final int UTF8_STRING = 0x0c;
    static final int PRINTABLE_STRING = 0x13;
    static final int SEQUENCE = 0x30;
    static final int SET = 0x31;
    static final int ATTRIBUTES = 0xa0;

    private static final int LONG_FORM = 0x80;

    private final byte[] bytes;
    private final int end;
    private int at;

    DerReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private DerReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    boolean hasMore() {
        return at < end;
    }

    /** The kind of the next element. */
    int next() {
        if (!hasMore()) {
            throw new IllegalArgumentException("an element is missing");
        }
        return bytes[at] & 0xff;
    }

    /** What is in the next element, which must be of that kind. */
    DerReader enter(int kind) {
        int start = at;
        if (next() != kind) {
            throw new IllegalArgumentException("an element of another kind");
        }
        at++;
        int length = length();
        if (length > end - at) {
            at = start;
            throw new IllegalArgumentException("an element is cut off");
        }
        DerReader inner = new DerReader(bytes, at, at + length);
        at += length;
        return inner;
    }

    /** The next element as a whole, which must be of that kind. */
    byte[] whole(int kind) {
        int start = at;
        enter(kind);
        return Arrays.copyOfRange(bytes, start, at);
    }

    /** All that is left. */
    byte[] rest() {
        return Arrays.copyOfRange(bytes, at, end);
    }

    /** Nothing may follow. */
    void finish() {
        if (hasMore()) {
            throw new IllegalArgumentException("something follows the end");
        }
    }

    private int length() {
        int first = octet();
        if (first < LONG_FORM) {
            return first;
        }
        int length =
                switch (first) {
                    case LONG_FORM + 1 -> octet();
                    case LONG_FORM + 2 -> octet() << 8 | octet();
                    default -> throw new IllegalArgumentException("a length that is too long");
                };
        boolean shortest = first == LONG_FORM + 1 ? length >= LONG_FORM : length > 0xff;
        if (!shortest) {
            throw new IllegalArgumentException("a length that is longer than it must be");
        }
        return length;
    }

    private int octet() {
        if (!hasMore()) {
            throw new IllegalArgumentException("a length is cut off");
        }
        return bytes[at++] & 0xff;
    }
}

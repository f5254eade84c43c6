package io.telepresence.agent.detect;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** What the first bytes of a connection say about its protocol. */
public enum DetectedProtocol {
    /** A request line of HTTP/1. */
    HTTP1,
    /** The preface of HTTP/2. */
    HTTP2,
    /** A TLS handshake. */
    TLS,
    /** None of these. */
    OTHER,
    /** Too little to say; if it is one of them, then HTTP. */
    UNDECIDED;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] VERSION = " HTTP/1.".getBytes(StandardCharsets.US_ASCII);
    /** No method is longer. */
    private static final int LONGEST_METHOD = 32;

    /** A line that is longer begins no request. */
    public static final int LONGEST_LINE = 60 << 10;

    /** @param bytes from the first one on; not changed */
    public static DetectedProtocol of(ByteBuf bytes) {
        int begin = bytes.readerIndex();
        int length = bytes.readableBytes();
        if (length == 0) {
            return UNDECIDED;
        }
        if (bytes.getByte(begin) == 0x16) {
            return length > 1 && bytes.getByte(begin + 1) != 3 ? OTHER : TLS;
        }
        if (beginsLike(bytes, begin, length, PREFACE)) {
            return length >= PREFACE.length ? HTTP2 : UNDECIDED;
        }
        int method = 0;
        while (method < length && HttpChars.isToken(bytes.getByte(begin + method))) {
            method++;
        }
        if (method == 0 || method > LONGEST_METHOD || method < length && bytes.getByte(begin + method) != ' ') {
            return OTHER;
        }
        return method == length ? UNDECIDED : line(bytes, begin + method + 1, begin + length);
    }

    /** After method and space: the target, the version, CR and LF. */
    private static DetectedProtocol line(ByteBuf bytes, int from, int to) {
        int lf = bytes.indexOf(from, to, (byte) '\n');
        if (lf < 0) {
            return to - from > LONGEST_LINE ? OTHER : UNDECIDED;
        }
        int version = lf - VERSION.length - 2;
        boolean http = version > from
                && beginsLike(bytes, version, VERSION.length, VERSION)
                && bytes.getByte(lf - 1) == '\r'
                && (bytes.getByte(lf - 2) == '1' || bytes.getByte(lf - 2) == '0');
        return http ? HTTP1 : OTHER;
    }

    private static boolean beginsLike(ByteBuf bytes, int begin, int length, byte[] text) {
        for (int i = 0; i < Math.min(length, text.length); i++) {
            if (bytes.getByte(begin + i) != text[i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether a request of HTTP/1 may begin like this. */
    public boolean mayBeHttp1() {
        return this == HTTP1 || this == UNDECIDED;
    }
}

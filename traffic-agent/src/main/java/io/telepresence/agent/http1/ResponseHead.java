package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.charset.StandardCharsets;

/**
 * The head of one response, read leniently where that cannot move the message's end: old servers end lines without CR.
 * Reused for the next one, so it is valid until the thread reads another.
 */
final class ResponseHead {
    private static final FastThreadLocal<ResponseHead> LOCAL = new FastThreadLocal<>() {
        @Override
        protected ResponseHead initialValue() {
            return new ResponseHead();
        }
    };
    private static final int SWITCHING = 101;

    /** What can be said of a head. */
    enum Kind {
        /** The final response. */
        FINAL,
        /** 1xx: another one follows. */
        INTERIM,
        /** From now on the bytes are no HTTP, both ways. */
        TUNNEL,
        /** Not HTTP/1: the bytes up to the connection's end. */
        FOREIGN,
        /** HTTP/1, but two readers could find different ends. */
        AMBIGUOUS
    }

    private final Fields fields = new Fields();
    private byte[] bytes = new byte[2 << 10];
    private int status;
    private boolean version10;

    private ResponseHead() {}

    /** This thread's. */
    static ResponseHead local() {
        return LOCAL.get();
    }

    /** @param method of the request that it answers */
    Kind read(ByteBuf from, int begin, int end, String method) {
        int length = end - begin;
        if (bytes.length < length) {
            bytes = new byte[Math.max(length, bytes.length * 2)];
        }
        from.getBytes(begin, bytes, 0, length);
        int fieldsBegin = statusLine(length);
        if (fieldsBegin < 0) {
            return Kind.FOREIGN;
        }
        if (fields.read(bytes, fieldsBegin, length, false) != null
                || fields.contentLength() == Fields.BAD_LENGTH
                || fields.hasTransferEncoding() && fields.contentLength() != Fields.NO_LENGTH) {
            return Kind.AMBIGUOUS;
        }
        if (status == SWITCHING || method.equals("CONNECT") && status / 100 == 2) {
            return Kind.TUNNEL;
        }
        return status / 100 == 1 ? Kind.INTERIM : Kind.FINAL;
    }

    /** Where the fields begin; -1: no status line. */
    private int statusLine(int length) {
        if (length < 13 || !new String(bytes, 0, 7, StandardCharsets.ISO_8859_1).equals("HTTP/1.")) {
            return -1;
        }
        status = 0;
        for (int i = 9; i < 12; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return -1;
            }
            status = status * 10 + bytes[i] - '0';
        }
        version10 = bytes[7] == '0';
        int at = 12;
        while (at < length && bytes[at] != '\n') {
            at++;
        }
        return status < 100 ? -1 : at + 1;
    }

    /** @param method of the request that it answers */
    BodyFraming body(String method) {
        if (method.equals("HEAD") || status == 204 || status == 304) {
            return BodyFraming.none();
        }
        if (fields.hasTransferEncoding()) {
            return fields.isChunked() ? BodyFraming.chunked() : BodyFraming.untilClose();
        }
        return fields.contentLength() == Fields.NO_LENGTH
                ? BodyFraming.untilClose()
                : BodyFraming.length(fields.contentLength());
    }

    /** Whether the connection goes on after this response. */
    boolean isPersistent() {
        return version10 ? fields.connectionHas("keep-alive") : !fields.connectionHas("close");
    }
}

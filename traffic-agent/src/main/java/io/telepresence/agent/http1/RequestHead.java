package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.FastThreadLocal;
import io.telepresence.agent.detect.HttpChars;
import io.telepresence.engagement.HttpHead;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The head of one request, read strictly: what two readers could take for different things is refused. Reused for the
 * next one, so it is valid until the thread reads another.
 */
final class RequestHead implements HttpHead {
    private static final FastThreadLocal<RequestHead> LOCAL = new FastThreadLocal<>() {
        @Override
        protected RequestHead initialValue() {
            return new RequestHead();
        }
    };
    private static final byte[] CONNECTION = Fields.name("connection");
    private static final byte[] UPGRADE = Fields.name("upgrade");
    private static final byte[] HTTP2_SETTINGS = Fields.name("http2-settings");

    private final Fields fields = new Fields();
    private byte[] bytes = new byte[2 << 10];
    private int length;
    private int fieldsBegin;
    private String method;
    private String target;
    private boolean version10;

    private RequestHead() {}

    /** This thread's. */
    static RequestHead local() {
        return LOCAL.get();
    }

    /**
     * Reads the head; empty lines before it are passed over.
     *
     * @return what is wrong with it, null: nothing
     */
    String read(ByteBuf from, int begin, int end) {
        length = end - begin;
        if (bytes.length < length) {
            bytes = new byte[Math.max(length, bytes.length * 2)];
        }
        from.getBytes(begin, bytes, 0, length);
        int at = 0;
        while (at + 1 < length && bytes[at] == '\r' && bytes[at + 1] == '\n') {
            at += 2;
        }
        String wrong = requestLine(at);
        if (wrong == null) {
            wrong = fields.read(bytes, fieldsBegin, length, true);
        }
        return wrong == null ? framing() : wrong;
    }

    private String requestLine(int from) {
        int space = from;
        while (space < length && HttpChars.isToken(bytes[space])) {
            space++;
        }
        int second = space + 1;
        while (second < length && bytes[second] > ' ' && bytes[second] != 127 || second < length && bytes[second] < 0) {
            second++;
        }
        // " HTTP/1.x" and CRLF
        boolean fits = space > from
                && second + 11 <= length
                && bytes[space] == ' '
                && second > space + 1
                && bytes[second] == ' '
                && text(second + 1, second + 8).equals("HTTP/1.")
                && (bytes[second + 8] == '0' || bytes[second + 8] == '1')
                && bytes[second + 9] == '\r'
                && bytes[second + 10] == '\n';
        if (!fits) {
            return "no request line of HTTP/1";
        }
        method = text(from, space);
        target = text(space + 1, second);
        version10 = bytes[second + 8] == '0';
        fieldsBegin = second + 11;
        return null;
    }

    private String framing() {
        if (fields.contentLength() == Fields.BAD_LENGTH) {
            return "several lengths, or one that is no number";
        }
        if (!fields.hasTransferEncoding()) {
            return null;
        }
        if (fields.contentLength() != Fields.NO_LENGTH) {
            return "a length and a transfer encoding";
        }
        return fields.isChunked() && !version10 ? null : "a transfer encoding that leaves the length open";
    }

    BodyFraming body() {
        if (fields.hasTransferEncoding()) {
            return BodyFraming.chunked();
        }
        return fields.contentLength() > 0 ? BodyFraming.length(fields.contentLength()) : BodyFraming.none();
    }

    /** Whether the caller wants to send another request after this one. */
    boolean isPersistent() {
        return version10 ? fields.connectionHas("keep-alive") : !fields.connectionHas("close");
    }

    /** Whether the connection may carry something else after the response. */
    boolean mayTunnel() {
        return fields.hasUpgrade() || method.equals("CONNECT");
    }

    /** Whether it may be sent again if nothing is known of the first try: no effect and no body. */
    boolean isRepeatable() {
        return (method.equals("GET") || method.equals("HEAD") || method.equals("OPTIONS"))
                && !fields.hasTransferEncoding()
                && fields.contentLength() <= 0;
    }

    /**
     * The head without the offer to go on in HTTP/2, which a server may pass over (RFC 9110, section 7.8); null: there is
     * no such offer.
     */
    ByteBuf withoutHttp2Offer() {
        if (!fields.upgradeHas("h2c")) {
            return null;
        }
        String rest = without(fields.joined("upgrade"), "h2c");
        ByteBuf head = Unpooled.buffer(length);
        head.writeBytes(bytes, 0, fieldsBegin);
        for (int i = 0; i < fields.count(); i++) {
            if (fields.is(i, CONNECTION)) {
                String kept = without(fields.value(i), "http2-settings");
                write(head, i, rest.isEmpty() ? without(kept, "upgrade") : kept);
            } else if (fields.is(i, UPGRADE)) {
                write(head, i, without(fields.value(i), "h2c"));
            } else if (!fields.is(i, HTTP2_SETTINGS)) {
                head.writeBytes(bytes, fields.lineBegin(i), fields.lineEnd(i) - fields.lineBegin(i));
            }
        }
        head.writeBytes(bytes, length - 2, 2);
        return head;
    }

    private void write(ByteBuf head, int field, String value) {
        if (!value.isEmpty()) {
            head.writeBytes(bytes, fields.lineBegin(field), fields.valueBegin(field) - fields.lineBegin(field));
            head.writeCharSequence(value + "\r\n", StandardCharsets.ISO_8859_1);
        }
    }

    private static String without(String list, String token) {
        return Arrays.stream(list.split(","))
                .map(String::strip)
                .filter(element -> !element.isEmpty() && !element.equalsIgnoreCase(token))
                .collect(Collectors.joining(", "));
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public String path() {
        return HttpHead.pathOf(target);
    }

    @Override
    public String header(String lowerCaseName) {
        return fields.joined(lowerCaseName);
    }

    private String text(int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
}

package io.telepresence.agent.http2;

import io.netty.handler.codec.http2.Http2Headers;
import io.telepresence.engagement.HttpHead;
import java.util.List;

/** The first headers of a stream as a filter sees them, read in place. */
record StreamHead(Http2Headers headers) implements HttpHead {
    @Override
    public String method() {
        return text(headers.method());
    }

    @Override
    public String path() {
        // CONNECT has none (RFC 9113, section 8.5).
        return HttpHead.pathOf(text(headers.path() == null ? headers.authority() : headers.path()));
    }

    @Override
    public String header(String lowerCaseName) {
        List<CharSequence> values = headers.getAll(lowerCaseName);
        if (values.isEmpty()) {
            // RFC 9113, section 8.3.1: the authority is what HTTP/1 calls Host.
            return lowerCaseName.equals("host") && headers.authority() != null
                    ? headers.authority().toString()
                    : null;
        }
        // Section 8.2.3: a cookie may come in crumbs.
        return String.join(lowerCaseName.equals("cookie") ? "; " : ", ", values);
    }

    /** Whether it has the pseudo fields that a request must have (RFC 9113, sections 8.3.1 and 8.5; RFC 8441). */
    boolean isWhole() {
        if (method().equals("CONNECT") && !headers.contains(":protocol")) {
            return headers.scheme() == null
                    && headers.path() == null
                    && !text(headers.authority()).isEmpty();
        }
        return !method().isEmpty()
                && !text(headers.scheme()).isEmpty()
                && !text(headers.path()).isEmpty();
    }

    private static String text(CharSequence value) {
        return value == null ? "" : value.toString();
    }
}

package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** Answers of the agent's own; the connection ends after each. */
enum Refusal {
    BAD_REQUEST("400 Bad Request"),
    TIMEOUT("408 Request Timeout"),
    TOO_LARGE("431 Request Header Fields Too Large"),
    BAD_GATEWAY("502 Bad Gateway");

    private final String status;

    Refusal(String status) {
        this.status = status;
    }

    ByteBuf because(String text) {
        String body = "traffic-agent: " + text + "\n";
        return Unpooled.copiedBuffer(
                "HTTP/1.1 " + status + "\r\nContent-Type: text/plain\r\nContent-Length: " + body.length()
                        + "\r\nConnection: close\r\n\r\n" + body,
                StandardCharsets.ISO_8859_1);
    }
}

package io.telepresence.agent.mirror;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Looks for the end of an HTTP/1.1 response, without keeping it. A hint only: where the end cannot be seen (no length,
 * trailers, another protocol) it is never found, and whoever asks goes by silence. On one thread.
 */
final class AnswerWatch {
    private static final int LONGEST_HEAD = 16 << 10;
    private static final int MOST_INTERIM = 16;
    private static final String START = "HTTP/1.";
    private static final String LAST_CHUNK = "\r\n0\r\n\r\n";

    private final StringBuilder head = new StringBuilder();
    private State state = State.HEAD;
    private boolean http = true;
    private int interim;
    private long left;
    private String tail = "";

    private enum State {
        HEAD,
        LENGTH,
        CHUNKS,
        UNKNOWN,
        WHOLE
    }

    boolean isWhole() {
        return state == State.WHOLE;
    }

    /** False: something that is no HTTP/1 was heard. */
    boolean isHttp() {
        return http;
    }

    /** The answering direction has ended. */
    void ended() {
        state = State.WHOLE;
    }

    /** The next bytes; not owned, and left as they are. */
    void heard(ByteBuf data) {
        switch (state) {
            case HEAD -> head(data.toString(StandardCharsets.ISO_8859_1));
            case LENGTH -> length(data.readableBytes());
            case CHUNKS -> {
                int last = Math.min(data.readableBytes(), LAST_CHUNK.length());
                chunks(data.toString(data.writerIndex() - last, last, StandardCharsets.ISO_8859_1));
            }
            case UNKNOWN, WHOLE -> {}
        }
    }

    private void head(String text) {
        head.append(text);
        int end = head.indexOf("\r\n\r\n");
        while (state == State.HEAD && end >= 0 && startsLikeHttp()) {
            String lines = head.substring(0, end + 2).toLowerCase(Locale.ROOT);
            head.delete(0, end + 4);
            String status = lines.length() < 12 ? "" : lines.substring(9, 12);
            if (!status.startsWith("1") || status.equals("101") || ++interim > MOST_INTERIM) {
                body(lines, status, head.toString());
                head.setLength(0);
            }
            end = head.indexOf("\r\n\r\n");
        }
        if (!startsLikeHttp()) {
            http = false;
            state = State.UNKNOWN;
        } else if (head.length() > LONGEST_HEAD) {
            state = State.UNKNOWN;
        }
    }

    private boolean startsLikeHttp() {
        return START.startsWith(head.substring(0, Math.min(START.length(), head.length())));
    }

    private void body(String lines, String status, String rest) {
        if (status.equals("204") || status.equals("304")) {
            state = State.WHOLE;
        } else if (value(lines, "transfer-encoding").endsWith("chunked")) {
            state = State.CHUNKS;
            tail = "\r\n";
            chunks(rest);
        } else if (value(lines, "content-length").matches("\\d{1,18}")) {
            state = State.LENGTH;
            left = Long.parseLong(value(lines, "content-length"));
            length(rest.length());
        } else {
            state = State.UNKNOWN;
        }
    }

    private void length(int bytes) {
        left -= bytes;
        if (left <= 0) {
            state = State.WHOLE;
        }
    }

    private void chunks(String text) {
        String seen = tail + text;
        tail = seen.substring(Math.max(0, seen.length() - LAST_CHUNK.length()));
        if (tail.equals(LAST_CHUNK)) {
            state = State.WHOLE;
        }
    }

    private static String value(String lines, String name) {
        int at = lines.indexOf("\r\n" + name + ":");
        if (at < 0) {
            return "";
        }
        int begin = at + name.length() + 3;
        return lines.substring(begin, lines.indexOf("\r\n", begin)).strip();
    }
}

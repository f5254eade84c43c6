package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;

/**
 * Finds the end of one message's body (RFC 9112, sections 6 and 7) while its bytes pass by, and keeps none of them. For
 * one message, on one thread. What is not exactly a chunked body is broken: it is never guessed where it ends.
 */
final class BodyFraming {
    private static final int LONGEST_SIZE_LINE = 4 << 10;
    private static final int LONGEST_TRAILERS = 64 << 10;
    private static final int MOST_SIZE_DIGITS = 15;

    private enum State {
        LENGTH,
        UNTIL_CLOSE,
        SIZE,
        EXTENSION,
        SIZE_LF,
        DATA,
        DATA_CR,
        DATA_LF,
        TRAILER_BEGIN,
        TRAILER,
        TRAILER_LF,
        LAST_LF,
        DONE,
        BROKEN
    }

    private State state;
    private long left;
    private int digits;
    private int line;

    private BodyFraming(State state, long left) {
        this.state = state;
        this.left = left;
    }

    static BodyFraming none() {
        return new BodyFraming(State.DONE, 0);
    }

    /** @param bytes not negative */
    static BodyFraming length(long bytes) {
        return new BodyFraming(bytes == 0 ? State.DONE : State.LENGTH, bytes);
    }

    static BodyFraming chunked() {
        return new BodyFraming(State.SIZE, 0);
    }

    /** The body ends with the connection. */
    static BodyFraming untilClose() {
        return new BodyFraming(State.UNTIL_CLOSE, 0);
    }

    boolean isDone() {
        return state == State.DONE;
    }

    boolean isBroken() {
        return state == State.BROKEN;
    }

    boolean isUntilClose() {
        return state == State.UNTIL_CLOSE;
    }

    /** Looks at the bytes from {@code from} to {@code to}; returns the index after the last one that belongs to it. */
    int consume(ByteBuf bytes, int from, int to) {
        int at = from;
        while (at < to) {
            switch (state) {
                case DONE, BROKEN -> {
                    return at;
                }
                case UNTIL_CLOSE -> {
                    return to;
                }
                case LENGTH, DATA -> {
                    int taken = (int) Math.min(left, to - at);
                    left -= taken;
                    at += taken;
                    if (left == 0) {
                        state = state == State.DATA ? State.DATA_CR : State.DONE;
                    }
                }
                default -> state = next(bytes.getByte(at++));
            }
        }
        return at;
    }

    private State next(byte b) {
        return switch (state) {
            case SIZE -> size(b);
            case EXTENSION -> lineByte(b, State.EXTENSION, State.SIZE_LF, LONGEST_SIZE_LINE);
            case SIZE_LF -> b == '\n' ? afterSize() : State.BROKEN;
            case DATA_CR -> b == '\r' ? State.DATA_LF : State.BROKEN;
            case DATA_LF -> b == '\n' ? State.SIZE : State.BROKEN;
            case TRAILER_BEGIN ->
                b == '\r' ? State.LAST_LF : lineByte(b, State.TRAILER, State.TRAILER_LF, LONGEST_TRAILERS);
            case TRAILER -> lineByte(b, State.TRAILER, State.TRAILER_LF, LONGEST_TRAILERS);
            case TRAILER_LF -> b == '\n' ? State.TRAILER_BEGIN : State.BROKEN;
            case LAST_LF -> b == '\n' ? State.DONE : State.BROKEN;
            case LENGTH, DATA, UNTIL_CLOSE, DONE, BROKEN -> state;
        };
    }

    private State size(byte b) {
        int digit = Character.digit(b, 16);
        if (digit >= 0) {
            left = left << 4 | digit;
            return ++digits > MOST_SIZE_DIGITS ? State.BROKEN : State.SIZE;
        }
        if (digits == 0) {
            return State.BROKEN;
        }
        return switch (b) {
            case '\r' -> State.SIZE_LF;
            case ';', ' ', '\t' -> State.EXTENSION;
            default -> State.BROKEN;
        };
    }

    private State afterSize() {
        digits = 0;
        line = 0;
        return left == 0 ? State.TRAILER_BEGIN : State.DATA;
    }

    private State lineByte(byte b, State same, State cr, int most) {
        if (b == '\r') {
            return cr;
        }
        return b == '\n' || ++line > most ? State.BROKEN : same;
    }
}

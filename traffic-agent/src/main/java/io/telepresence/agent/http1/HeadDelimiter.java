package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;

/** Finds the empty line that ends a message's head. */
final class HeadDelimiter {
    /** No head is longer, in bytes. */
    static final int LONGEST = 64 << 10;

    private HeadDelimiter() {}

    /**
     * The index after the empty line, or -1. Ends of lines without CR count, so that a head with them is found and can be
     * refused instead of waited for.
     *
     * @param from where a line may end: the head's begin, or what {@link #resume} said
     */
    static int find(ByteBuf bytes, int from, int to) {
        int at = from;
        while (true) {
            int lf = bytes.indexOf(at, to, (byte) '\n');
            if (lf < 0 || lf + 1 >= to) {
                return -1;
            }
            byte next = bytes.getByte(lf + 1);
            if (next == '\n') {
                return lf + 2;
            }
            if (next == '\r' && lf + 2 < to && bytes.getByte(lf + 2) == '\n') {
                return lf + 3;
            }
            at = lf + 1;
        }
    }

    /** Where to go on when {@link #find} has found nothing up to {@code to} and more bytes came. */
    static int resume(int from, int to) {
        return Math.max(from, to - 2);
    }
}

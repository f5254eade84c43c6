package io.telepresence.agent.detect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Follows the frames that pass unread from an HTTP/2 server to its caller (RFC 9113, section 4.1), to know where a frame
 * of ours may come between them: the one that asks the caller to go on with a new connection. Not thread-safe.
 */
public final class FrameBoundaries {
    private static final int HEAD = 9;
    private static final int LENGTH = 3;
    private static final int GOAWAY = 7;

    private int head;
    private int length;
    private int left;
    private boolean any;

    /** Whether a frame may come here: between two frames, and after the first, which must be the server's SETTINGS. */
    public boolean isOpen() {
        return any && head == 0 && left == 0;
    }

    /**
     * The next bytes of the server pass.
     *
     * @return after how many of them a frame may come for the first time; -1: nowhere among them
     */
    public int pass(ByteBuf data) {
        int found = -1;
        int begin = data.readerIndex();
        for (int at = begin; at < data.writerIndex(); ) {
            if (left > 0) {
                int part = Math.min(left, data.writerIndex() - at);
                left -= part;
                at += part;
            } else {
                if (head < LENGTH) {
                    length = length << 8 | data.getUnsignedByte(at);
                }
                head++;
                at++;
            }
            if (head == HEAD) {
                left += length;
                head = 0;
                length = 0;
                any = true;
            }
            if (found < 0 && isOpen()) {
                found = at - begin;
            }
        }
        return found;
    }

    /** Says that no more streams shall be opened on this connection; all that are open go on. */
    public static ByteBuf goAway() {
        ByteBuf frame = Unpooled.buffer(HEAD + 8);
        frame.writeMedium(8).writeByte(GOAWAY).writeByte(0).writeInt(0);
        return frame.writeInt(Integer.MAX_VALUE).writeInt(0);
    }
}

package io.telepresence.userd.mount;

import java.nio.ByteBuffer;

/** Counts the packets of one direction of an SFTP connection by their length fields. One thread at a time. */
final class PacketCount {
    private int lengthBytes;
    private int length;
    private long body;

    /** How many packets begin in these bytes (a packet begins with the last byte of its length); leaves the position. */
    int feed(ByteBuffer bytes) {
        int begun = 0;
        int at = bytes.position();
        int end = bytes.limit();
        while (at < end) {
            if (body > 0) {
                long skip = Math.min(body, end - at);
                body -= skip;
                at += (int) skip;
            } else {
                length = length << 8 | Byte.toUnsignedInt(bytes.get(at++));
                if (++lengthBytes == 4) {
                    body = Integer.toUnsignedLong(length);
                    lengthBytes = 0;
                    length = 0;
                    begun++;
                }
            }
        }
        return begun;
    }
}

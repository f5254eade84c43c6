package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The virtio-net header (virtio 1.2, section 5.1.6, legacy form in host byte order) that stands before each packet of a
 * TUN device: it says whether the checksum is still partial and whether the packet is a super-packet.
 */
public final class VnetHeader {
    public static final int LENGTH = 10;

    private static final int FLAGS = 0;
    private static final int GSO_TYPE = 1;
    private static final int HEADER_LENGTH = 2;
    private static final int NEEDS_CHECKSUM = 1;
    private static final int DATA_VALID = 2;
    private static final boolean SWAP = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private VnetHeader() {}

    /** An ordinary packet whose checksums are all there. */
    public static void clear(ByteBuffer b) {
        b.putLong(0, 0).putShort(8, (short) 0);
    }

    /** The transport checksum holds only the pseudo header's sum, not complemented; the device will do the rest. */
    public static boolean partialChecksum(ByteBuffer b) {
        return (b.get(FLAGS) & NEEDS_CHECKSUM) != 0;
    }

    /** The host has already checked, or never made, the transport checksum: no use looking at it. */
    public static boolean trusted(ByteBuffer b) {
        return (b.get(FLAGS) & (NEEDS_CHECKSUM | DATA_VALID)) != 0;
    }

    /** A super-packet, to be cut into segments by whoever needs them small. */
    public static boolean segmented(ByteBuffer b) {
        return b.get(GSO_TYPE) != 0;
    }

    /** Length of IP and transport header together; the kernel refuses super-packets where it is wrong. */
    public static void headerLength(ByteBuffer b, int length) {
        b.putShort(HEADER_LENGTH, SWAP ? Short.reverseBytes((short) length) : (short) length);
    }
}

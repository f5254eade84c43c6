package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;

/**
 * Where things are in one IP packet. Offsets count from the start of the buffer.
 *
 * @param v6 IPv6, else IPv4
 * @param at where the packet starts
 * @param end where it ends, by its own length field
 * @param protocol of the payload, behind all IPv6 extension headers: TCP, UDP, ICMP and the like
 * @param payload where the payload starts
 * @param fragment for a fragment: offset field and "more" bit as IPv6 writes them, else 0
 */
public record IpHeader(boolean v6, int at, int end, int protocol, int payload, int fragment) {
    public static final int ICMP = 1;
    public static final int TCP = 6;
    public static final int UDP = 17;
    public static final int ICMP_V6 = 58;

    static final int V4_LENGTH = 20;
    static final int V6_LENGTH = 40;
    static final int V6_FRAGMENT = 44;

    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int AUTHENTICATION = 51;
    private static final int DESTINATION = 60;

    /** Reads the packet that starts at {@code at} in a big-endian buffer; null if it is malformed or cut short. */
    public static IpHeader parse(ByteBuffer b, int at, int limit) {
        if (limit - at < V4_LENGTH) {
            return null;
        }
        return switch (b.get(at) >>> 4 & 15) {
            case 4 -> parseV4(b, at, limit);
            case 6 -> parseV6(b, at, limit);
            default -> null;
        };
    }

    private static IpHeader parseV4(ByteBuffer b, int at, int limit) {
        int header = (b.get(at) & 15) << 2;
        int end = at + (b.getShort(at + 2) & 0xffff);
        if (header < V4_LENGTH || at + header > end || end > limit) {
            return null;
        }
        int word = b.getShort(at + 6);
        int fragment = (word & 0x1fff) << 3 | word >>> 13 & 1;
        return new IpHeader(false, at, end, b.get(at + 9) & 0xff, at + header, fragment);
    }

    private static IpHeader parseV6(ByteBuffer b, int at, int limit) {
        if (limit - at < V6_LENGTH) {
            return null;
        }
        int end = at + V6_LENGTH + (b.getShort(at + 4) & 0xffff);
        if (end > limit) {
            return null;
        }
        return skipExtensions(b, at, end);
    }

    /** RFC 8200 section 4. A later fragment's payload is opaque, so the walk ends there. */
    private static IpHeader skipExtensions(ByteBuffer b, int at, int end) {
        int next = b.get(at + 6) & 0xff;
        int here = at + V6_LENGTH;
        int fragment = 0;
        while (isExtension(next) && fragment >>> 3 == 0) {
            if (here + 8 > end) {
                return null;
            }
            int length =
                    switch (next) {
                        case V6_FRAGMENT -> 8;
                        case AUTHENTICATION -> (b.get(here + 1) & 0xff) + 2 << 2;
                        default -> (b.get(here + 1) & 0xff) + 1 << 3;
                    };
            if (next == V6_FRAGMENT) {
                fragment = b.getShort(here + 2) & 0xfff9;
            }
            next = b.get(here) & 0xff;
            here += length;
        }
        return here > end ? null : new IpHeader(true, at, end, next, here, fragment);
    }

    private static boolean isExtension(int next) {
        return switch (next) {
            case HOP_BY_HOP, ROUTING, V6_FRAGMENT, AUTHENTICATION, DESTINATION -> true;
            default -> false;
        };
    }

    public int sourceAt() {
        return at + (v6 ? 8 : 12);
    }

    public int destinationAt() {
        return at + (v6 ? 24 : 16);
    }

    public int addressLength() {
        return v6 ? 16 : 4;
    }

    public int payloadLength() {
        return end - payload;
    }

    /** Length of everything before the payload. */
    public int headerLength() {
        return payload - at;
    }

    public boolean isFragment() {
        return fragment != 0;
    }

    /** Where the fragment's payload belongs in the whole, in bytes. */
    public int fragmentOffset() {
        return fragment & 0xfff8;
    }

    public boolean moreFragments() {
        return (fragment & 1) != 0;
    }

    public IpAddress source(ByteBuffer b) {
        return IpAddress.read(b, sourceAt(), v6);
    }

    public IpAddress destination(ByteBuffer b) {
        return IpAddress.read(b, destinationAt(), v6);
    }
}

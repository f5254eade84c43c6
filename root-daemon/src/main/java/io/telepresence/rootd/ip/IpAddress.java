package io.telepresence.rootd.ip;

import io.telepresence.base.AddressText;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** An IPv6 address, or an IPv4 one in its mapped form (RFC 4291 section 2.5.5.2), as two big-endian words. */
public record IpAddress(long high, long low) {
    private static final long MAPPED = 0xffff_0000_0000L;

    public static IpAddress read(ByteBuffer b, int at, boolean v6) {
        return v6
                ? new IpAddress(b.getLong(at), b.getLong(at + 8))
                : new IpAddress(0, MAPPED | b.getInt(at) & 0xffff_ffffL);
    }

    public static IpAddress of(InetAddress address) {
        byte[] bytes = address.getAddress();
        return read(ByteBuffer.wrap(bytes), 0, bytes.length == 16);
    }

    /** Writes 4 or 16 bytes. */
    public void write(ByteBuffer b, int at) {
        if (isV4()) {
            b.putInt(at, (int) low);
        } else {
            b.putLong(at, high).putLong(at + 8, low);
        }
    }

    public boolean isV4() {
        return high == 0 && low >>> 32 == 0xffff;
    }

    /** One machine's own address: no multicast, broadcast, loopback, link-local or unspecified one. */
    public boolean isOrdinary() {
        if (isV4()) {
            int first = (int) (low >>> 24) & 0xff;
            return first != 0 && first != 127 && first < 224 && (low >>> 16 & 0xffff) != 0xa9fe;
        }
        return high >>> 56 != 0xff && high >>> 54 != 0xfe80 >>> 6 && (high != 0 || low >>> 1 != 0);
    }

    public InetAddress toInet() {
        try {
            ByteBuffer bytes = ByteBuffer.allocate(isV4() ? 4 : 16);
            write(bytes, 0);
            return InetAddress.getByAddress(bytes.array());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // 4 and 16 bytes are always right
        }
    }

    @Override
    public String toString() {
        return AddressText.of(toInet());
    }
}

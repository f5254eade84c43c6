package io.telepresence.rootd.ip;

import java.nio.ByteBuffer;

/**
 * Who talks to whom: both addresses and both ports of a TCP or UDP packet.
 *
 * @param ports source port in the upper half, destination port in the lower
 */
public record Tuple(long sourceHigh, long sourceLow, long destinationHigh, long destinationLow, int ports) {

    public static Tuple of(IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
        int ports = sourcePort << 16 | destinationPort & 0xffff;
        return new Tuple(source.high(), source.low(), destination.high(), destination.low(), ports);
    }

    /** The payload must have at least the four bytes of the ports. */
    public static Tuple read(ByteBuffer b, IpHeader ip) {
        return of(ip.source(b), b.getShort(ip.payload()), ip.destination(b), b.getShort(ip.payload() + 2));
    }

    public IpAddress source() {
        return new IpAddress(sourceHigh, sourceLow);
    }

    public IpAddress destination() {
        return new IpAddress(destinationHigh, destinationLow);
    }

    public int sourcePort() {
        return ports >>> 16;
    }

    public int destinationPort() {
        return ports & 0xffff;
    }

    /** The same conversation as the other end sees it. */
    public Tuple swapped() {
        return new Tuple(destinationHigh, destinationLow, sourceHigh, sourceLow, ports << 16 | ports >>> 16);
    }

    @Override
    public int hashCode() {
        long mixed = (sourceHigh ^ sourceLow) * 0x9E37_79B9_7F4A_7C15L;
        mixed = (mixed ^ destinationHigh ^ destinationLow) * 0xC2B2_AE3D_27D4_EB4FL;
        mixed = (mixed ^ ports) * 0x9E37_79B9_7F4A_7C15L;
        return (int) (mixed >>> 32);
    }
}

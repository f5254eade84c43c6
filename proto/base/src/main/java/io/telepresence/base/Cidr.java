package io.telepresence.base;

import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * A network prefix. The address is the lowest one of the prefix: bits behind {@code length} are cleared.
 *
 * @param address 4 or 16 bytes
 * @param length number of fixed leading bits
 */
public record Cidr(InetAddress address, int length) implements Comparable<Cidr> {
    public Cidr {
        byte[] bytes = address.getAddress();
        if (length < 0 || length > bytes.length * 8) {
            throw new IllegalArgumentException("prefix length " + length + " of " + AddressText.of(address));
        }
        for (int bit = length; bit < bytes.length * 8; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
        }
        address = address(bytes);
    }

    /** The prefix that holds this one address. */
    public static Cidr of(InetAddress address) {
        return new Cidr(address, address.getAddress().length * 8);
    }

    /**
     * Reads {@code 10.1.0.0/16}; without a length it is one address. Never asks DNS.
     *
     * @throws IllegalArgumentException it is neither
     */
    public static Cidr parse(String text) {
        return text.indexOf('/') < 0 ? of(literal(text)) : parseSubnet(text);
    }

    /**
     * Reads {@code 10.1.0.0/16}. Never asks DNS.
     *
     * @throws IllegalArgumentException it is no address in figures with a length
     */
    public static Cidr parseSubnet(String text) {
        int slash = text.indexOf('/');
        try {
            return new Cidr(literal(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("not a subnet: " + text, e);
        }
    }

    /** @throws IllegalArgumentException unless {@code text} is an address in figures; a zone is dropped */
    public static InetAddress literal(String text) {
        int zone = text.indexOf('%');
        return InetAddress.ofLiteral(zone < 0 ? text : text.substring(0, zone));
    }

    /** @param bytes 4 or 16 bytes */
    public static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("address of " + bytes.length + " bytes", e);
        }
    }

    public boolean isV4() {
        return address instanceof Inet4Address;
    }

    public boolean contains(InetAddress other) {
        byte[] mine = address.getAddress();
        byte[] its = other.getAddress();
        if (mine.length != its.length) {
            return false;
        }
        int whole = length / 8;
        if (!Arrays.equals(mine, 0, whole, its, 0, whole)) {
            return false;
        }
        int rest = length % 8;
        return rest == 0 || ((mine[whole] ^ its[whole]) & 0xff & (0xff00 >> rest)) == 0;
    }

    /** Whether every address of {@code other} is in this prefix; a prefix contains itself. */
    public boolean contains(Cidr other) {
        return length <= other.length && contains(other.address);
    }

    public boolean overlaps(Cidr other) {
        return contains(other) || other.contains(this);
    }

    /** Whether this prefix lies inside {@code other} and is smaller. */
    public boolean within(Cidr other) {
        return length > other.length && other.contains(address);
    }

    /**
     * The prefix twice as large that this one is a half of.
     *
     * @throws IllegalArgumentException this one holds everything
     */
    public Cidr parent() {
        return new Cidr(address, length - 1);
    }

    /** The address {@code offset} places behind the lowest one. */
    public InetAddress host(int offset) {
        byte[] bytes = address.getAddress();
        byte[] sum = new BigInteger(1, bytes).add(BigInteger.valueOf(offset)).toByteArray();
        byte[] out = new byte[bytes.length];
        int copied = Math.min(out.length, sum.length);
        System.arraycopy(sum, sum.length - copied, out, out.length - copied, copied);
        return address(out);
    }

    @Override
    public int compareTo(Cidr other) {
        byte[] mine = address.getAddress();
        byte[] its = other.address.getAddress();
        if (mine.length != its.length) {
            return Integer.compare(mine.length, its.length);
        }
        int byAddress = Arrays.compareUnsigned(mine, its);
        return byAddress != 0 ? byAddress : Integer.compare(length, other.length);
    }

    @Override
    public String toString() {
        return text(address) + "/" + length;
    }

    /** The usual short form, for IPv6 too. */
    public static String text(InetAddress address) {
        return AddressText.of(address);
    }
}

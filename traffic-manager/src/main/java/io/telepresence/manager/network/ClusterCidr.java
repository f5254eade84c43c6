package io.telepresence.manager.network;

import io.telepresence.agree.AddressText;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * A subnet, IPv4 or IPv6; bits after the prefix are zero.
 *
 * @param ip the first address
 * @param prefix number of leading bits that count
 */
public record ClusterCidr(InetAddress ip, int prefix) implements Comparable<ClusterCidr> {
    public ClusterCidr {
        int most = ip.getAddress().length * 8;
        if (prefix < 0 || prefix > most) {
            throw new IllegalArgumentException("prefix length " + prefix + " of " + AddressText.of(ip));
        }
        ip = masked(ip, prefix);
    }

    /** @throws IllegalArgumentException if it is not {@code address/prefix} with a literal address */
    public static ClusterCidr parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("not a subnet: " + text);
        }
        try {
            return new ClusterCidr(
                    InetAddress.ofLiteral(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not a subnet: " + text, e);
        }
    }

    public boolean contains(InetAddress address) {
        return address.getAddress().length == ip.getAddress().length
                && masked(address, prefix).equals(ip);
    }

    public boolean contains(ClusterCidr other) {
        return other.prefix >= prefix && contains(other.ip);
    }

    boolean isV6() {
        return ip.getAddress().length == 16;
    }

    /** The subnet twice as large that this one is a half of. */
    ClusterCidr parent() {
        return new ClusterCidr(ip, prefix - 1);
    }

    @Override
    public int compareTo(ClusterCidr other) {
        int byAddress = Arrays.compareUnsigned(ip.getAddress(), other.ip.getAddress());
        return byAddress != 0 ? byAddress : Integer.compare(prefix, other.prefix);
    }

    @Override
    public String toString() {
        return AddressText.of(ip) + "/" + prefix;
    }

    private static InetAddress masked(InetAddress address, int prefix) {
        byte[] bytes = address.getAddress();
        for (int bit = prefix; bit < bytes.length * 8; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}

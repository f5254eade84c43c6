package io.telepresence.base;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;

/**
 * Addresses as people write them and as Kubernetes prints them: IPv6 in the form of RFC 5952, which Java does not know. One
 * text for each address, so that texts can be compared.
 */
public final class AddressText {
    private AddressText() {}

    /** With its zone, if it has one. */
    public static String of(InetAddress address) {
        String full = address.getHostAddress();
        if (address instanceof Inet4Address) {
            return full;
        }
        int zone = full.indexOf('%');
        return zone < 0 ? shortened(full) : shortened(full.substring(0, zone)) + full.substring(zone);
    }

    /** {@code 192.0.2.1:80}, {@code [2001:db8::1]:80} or {@code name:80}. */
    public static String of(InetSocketAddress address) {
        String host = address.isUnresolved() ? address.getHostString() : of(address.getAddress());
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }

    /** Of a socket of any family; null: {@code ?}. */
    public static String of(SocketAddress address) {
        return address instanceof InetSocketAddress internet
                ? of(internet)
                : address == null ? "?" : address.toString();
    }

    /** The longest run of two zero groups or more, the first of equals, gives way to two colons. */
    private static String shortened(String full) {
        String[] groups = full.split(":");
        int best = -1;
        int bestLength = 1;
        for (int from = 0; from < groups.length; from++) {
            int to = from;
            while (to < groups.length && groups[to].equals("0")) {
                to++;
            }
            if (to - from > bestLength) {
                best = from;
                bestLength = to - from;
            }
        }
        return best < 0
                ? full
                : String.join(":", Arrays.copyOfRange(groups, 0, best))
                        + "::"
                        + String.join(":", Arrays.copyOfRange(groups, best + bestLength, groups.length));
    }
}

package io.telepresence.rootd.dns;

import io.telepresence.base.Cidr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Names below {@code in-addr.arpa} and {@code ip6.arpa} (RFC 1035 section 3.5, RFC 3596 section 2.5). */
final class ReverseNames {
    private static final String V4 = ".in-addr.arpa";
    private static final String V6 = ".ip6.arpa";
    /** A prefix that would need more zones than these gets the wider zone above it. */
    private static final int MOST_ZONES = 16;

    private ReverseNames() {}

    /** The address that a whole reverse name stands for. */
    static Optional<InetAddress> address(String name) {
        if (name.endsWith(V4)) {
            return bytes(name, V4, 4, 1, 10);
        }
        return name.endsWith(V6) ? bytes(name, V6, 32, 2, 16) : Optional.empty();
    }

    private static Optional<InetAddress> bytes(String name, String end, int labels, int perByte, int radix) {
        String[] parts = name.substring(0, name.length() - end.length()).split("\\.", -1);
        if (parts.length != labels) {
            return Optional.empty();
        }
        byte[] out = new byte[labels / perByte];
        try {
            for (int i = 0; i < labels; i++) {
                int value = Integer.parseInt(parts[labels - 1 - i], radix);
                if (value < 0 || value >= (perByte == 1 ? 256 : 16)) {
                    return Optional.empty();
                }
                out[i / perByte] = (byte) (perByte == 1 ? value : out[i / 2] << 4 | value);
            }
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
        return Optional.of(Cidr.address(out));
    }

    /** The zones that together hold the reverse names of a prefix. */
    static List<String> zones(Cidr subnet) {
        int step = subnet.isV4() ? 8 : 4;
        int length = (subnet.length() + step - 1) / step * step;
        if (1 << (length - subnet.length()) > MOST_ZONES) {
            length = Math.max(0, length - step);
        }
        List<String> zones = new ArrayList<>();
        if (length == 0) {
            return zones;
        }
        int count = length <= subnet.length() ? 1 : 1 << (length - subnet.length());
        for (int i = 0; i < count; i++) {
            zones.add(zone(subnet, length, step, i));
        }
        return zones;
    }

    private static String zone(Cidr subnet, int length, int step, int index) {
        byte[] bytes = subnet.address().getAddress();
        StringBuilder out = new StringBuilder();
        for (int label = length / step - 1; label >= 0; label--) {
            int value = step == 8 ? bytes[label] & 0xff : bytes[label / 2] >> (label % 2 == 0 ? 4 : 0) & 0xf;
            int last = label == length / step - 1 ? value + index : value;
            out.append(step == 8 ? Integer.toString(last) : Integer.toHexString(last))
                    .append('.');
        }
        return out + (step == 8 ? V4 : V6).substring(1);
    }
}

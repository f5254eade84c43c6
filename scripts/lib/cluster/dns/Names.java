import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** How addresses become names, and names addresses. */
final class Names {
    static final String ZONE = "cluster.local";

    private Names() {}

    /** For addresses in text form only: no name is ever looked up. */
    static InetAddress literal(String address) {
        if (!address.matches("[0-9a-fA-F:.]+")) {
            throw new IllegalArgumentException("not an address: " + address);
        }
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an address: " + address, e);
        }
    }

    static String reverse(InetAddress address) {
        byte[] bytes = address.getAddress();
        StringBuilder name = new StringBuilder();
        for (int i = bytes.length - 1; i >= 0; i--) {
            int value = bytes[i] & 0xff;
            if (bytes.length == 4) {
                name.append(value).append('.');
            } else {
                name.append(String.format("%x.%x.", value & 15, value >> 4));
            }
        }
        return name + (bytes.length == 4 ? "in-addr.arpa" : "ip6.arpa");
    }

    /** The label of an endpoint that has no host name of its own. */
    static String dashed(String address) {
        return address.replace('.', '-').replace(':', '-');
    }

    /** The address in a pod's name, such as 10-244-0-7; null if there is none. */
    static InetAddress undashed(String label) {
        for (String separator : List.of(".", ":")) {
            String address = label.replace("-", separator);
            boolean whole = address.matches("(\\d{1,3}\\.){3}\\d{1,3}|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*");
            if (whole) {
                return tryLiteral(address);
            }
        }
        return null;
    }

    private static InetAddress tryLiteral(String address) {
        try {
            return literal(address);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}

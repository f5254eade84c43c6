package io.telepresence.userd.kubeconfig;

import io.telepresence.agree.ServerUrl;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Which servers NO_PROXY excepts, in the forms that Go's programs take, kubectl among them: {@code *}, an IP address, a
 * subnet {@code 10.0.0.0/8}, a domain {@code corp} (itself and everything below), {@code .corp} and {@code *.corp} (only
 * what is below); each but a subnet may name the port. The loopback is always excepted. Pure: no name is resolved, so a
 * subnet excepts only a server that is written as an address.
 */
final class ProxyBypass {
    private final String host;
    private final String port;
    private final Optional<InetAddress> address;

    private ProxyBypass(String host, int port) {
        this.host = host.toLowerCase(Locale.ROOT);
        this.port = Integer.toString(port);
        this.address = ServerUrl.address(host.replaceFirst("%.*", ""));
    }

    /**
     * Whether the server is reached without a proxy.
     *
     * @param host name, or address without brackets
     * @param except value of NO_PROXY
     */
    static boolean excepts(String host, int port, String except) {
        ProxyBypass server = new ProxyBypass(host, port);
        return server.loopback() || Arrays.stream(except.split(",")).anyMatch(server::matches);
    }

    private boolean loopback() {
        return host.equals("localhost")
                || address.filter(InetAddress::isLoopbackAddress).isPresent();
    }

    private boolean matches(String entry) {
        String text = entry.strip().toLowerCase(Locale.ROOT);
        if (text.isEmpty() || text.equals("*")) {
            return !text.isEmpty();
        }
        int slash = text.indexOf('/');
        if (slash >= 0) {
            return ServerUrl.address(text.substring(0, slash))
                    .filter(network -> contains(network, text.substring(slash + 1)))
                    .isPresent();
        }
        String name = name(text);
        String wantedPort = text.endsWith("]") || name.equals(text) ? "" : text.substring(text.lastIndexOf(':') + 1);
        return !name.isEmpty() && (wantedPort.isEmpty() || wantedPort.equals(port)) && named(name);
    }

    /** The entry without port and brackets. */
    private static String name(String text) {
        boolean bracket = text.startsWith("[");
        int colon = text.lastIndexOf(':');
        // More than one colon and no bracket: an IPv6 address, not a port.
        boolean hasPort = bracket ? colon > text.indexOf(']') : colon >= 0 && text.indexOf(':') == colon;
        String name = hasPort ? text.substring(0, colon) : text;
        return bracket && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
    }

    private boolean named(String name) {
        Optional<InetAddress> wanted = ServerUrl.address(name);
        if (wanted.isPresent()) {
            return wanted.equals(address);
        }
        String below = name.startsWith("*.") ? name.substring(1) : name;
        return below.startsWith(".") ? host.endsWith(below) : host.equals(below) || host.endsWith("." + below);
    }

    private boolean contains(InetAddress network, String length) {
        byte[] wanted = network.getAddress();
        if (!length.matches("\\d{1,3}") || Integer.parseInt(length) > wanted.length * 8 || address.isEmpty()) {
            return false;
        }
        byte[] bytes = address.get().getAddress();
        if (bytes.length != wanted.length) {
            return false;
        }
        for (int bit = 0; bit < Integer.parseInt(length); bit++) {
            int mask = 0x80 >> bit % 8;
            if ((bytes[bit / 8] & mask) != (wanted[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}

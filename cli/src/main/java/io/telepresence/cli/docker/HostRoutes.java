package io.telepresence.cli.docker;

import io.telepresence.base.AddressText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where this machine is, and where its routes lead: a container's network there would shadow them. */
final class HostRoutes {
    private static final Path TABLE = Path.of("/proc/net/route");
    private static final Path TABLE_6 = Path.of("/proc/net/ipv6_route");

    /** Of no network that one is in: TEST-NET-3 of RFC 5737. */
    private static final String ELSEWHERE = "203.0.113.1";

    private HostRoutes() {}

    /** Destinations of routes in CIDR notation, without the default ones. */
    static List<String> read() {
        return parse(lines(TABLE), lines(TABLE_6));
    }

    static List<String> parse(List<String> v4, List<String> v6) {
        List<String> all = new ArrayList<>(parse(v4));
        all.addAll(parse6(v6));
        return all;
    }

    /** None where the kernel knows no such addresses. */
    private static List<String> lines(Path table) {
        try {
            return Files.readAllLines(table);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** IPv6: 32 hexadecimal digits and two for the length; multicast is left out, it shadows nothing. */
    static List<String> parse6(List<String> lines) {
        List<String> found = new ArrayList<>();
        for (String line : lines) {
            String[] words = line.strip().split("\\s+");
            if (words.length == 10 && words[0].matches("[0-9a-f]{32}") && words[1].matches("[0-9a-f]{2}")) {
                int length = Integer.parseInt(words[1], 16);
                if (length > 0 && !words[0].startsWith("ff")) {
                    found.add(String.join(":", words[0].split("(?<=\\G.{4})")) + "/" + length);
                }
            }
        }
        return found;
    }

    /** IPv4. Addresses and masks are in the kernel's own, little-endian, hexadecimal form. */
    static List<String> parse(List<String> lines) {
        List<String> found = new ArrayList<>();
        for (String line : lines) {
            String[] words = line.strip().split("\\s+");
            if (words.length > 7 && words[1].matches("[0-9A-F]{8}")) {
                long to = Long.parseLong(words[1], 16);
                int length = Long.bitCount(Long.parseLong(words[7], 16));
                if (length > 0) {
                    found.add((to & 0xff) + "." + (to >> 8 & 0xff) + "." + (to >> 16 & 0xff) + "." + (to >> 24) + "/"
                            + length);
                }
            }
        }
        return found;
    }

    /**
     * An IPv4 address of this machine by which it can be called from outside of its loopback: the one by which it would go
     * to other networks, else any. Sends nothing. Empty: it has none.
     */
    static Optional<String> ownAddress() {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(ELSEWHERE, 9));
            return Optional.of(AddressText.of(socket.getLocalAddress()));
        } catch (SocketException | UncheckedIOException e) {
            return anyAddress();
        }
    }

    private static Optional<String> anyAddress() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(a -> a instanceof Inet4Address && !a.isLoopbackAddress() && !a.isLinkLocalAddress())
                    .map(AddressText::of)
                    .findFirst();
        } catch (SocketException e) {
            return Optional.empty();
        }
    }
}

package io.telepresence.cli.docker;

import io.telepresence.base.Cidr;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Chooses the subnet of a connection's network: private (RFC 1918), small, at the end of ranges that clusters and Docker
 * itself use from the beginning. Pure.
 */
final class FreeSubnet {
    private FreeSubnet() {}

    /** Candidates in order, without those that overlap what is {@code taken}; more than anybody needs. */
    static List<String> v4(List<String> taken) {
        Stream<String> all = Stream.concat(
                IntStream.rangeClosed(0, 15).mapToObj(i -> "172.29." + (255 - i) + ".0/24"),
                Stream.concat(
                        IntStream.rangeClosed(0, 15).mapToObj(i -> "192.168." + (247 - i) + ".0/24"),
                        IntStream.rangeClosed(0, 15).mapToObj(i -> "10.213." + (247 - i) + ".0/24")));
        return free(all, taken);
    }

    /** Unique local addresses (RFC 4193). */
    static List<String> v6(List<String> taken) {
        return free(
                IntStream.rangeClosed(1, 48).mapToObj(i -> "fd74:656c:d0c:" + Integer.toHexString(i) + "::/64"), taken);
    }

    /** The address with that number in a subnet that ends in zeros. */
    static String host(String cidr, int number) {
        String network = cidr.substring(0, cidr.indexOf('/'));
        return network.endsWith("::") ? network + number : network.substring(0, network.length() - 1) + number;
    }

    static boolean overlap(String one, String other) {
        try {
            return Cidr.parse(one).overlaps(Cidr.parse(other));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static List<String> free(Stream<String> candidates, List<String> taken) {
        return candidates
                .filter(c -> taken.stream().noneMatch(t -> overlap(c, t)))
                .toList();
    }
}

package io.telepresence.rootd.session;

import io.telepresence.base.Cidr;
import io.telepresence.rootd.host.LinuxRoutes.OwnAddress;
import io.telepresence.rootd.stack.StackConfig;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The small prefixes that the TUN device gets: its own address is the first of each, some others are spare ones.
 *
 * @param v6 empty where IPv6 is off
 */
public record TunPrefixes(Cidr v4, Optional<Cidr> v6) {
    private static final int SPARE = 8;

    /**
     * Chooses prefixes that nobody uses: of the shared address space (RFC 6598), else of the benchmark range (RFC 2544);
     * for IPv6 a unique local one (RFC 4193).
     */
    static TunPrefixes choose(ProxyRules rules, HostView host) {
        Stream<Cidr> v4 = Stream.concat(
                IntStream.rangeClosed(0, 255).mapToObj(i -> Cidr.parse("100.127." + (255 - i) + ".0/24")),
                IntStream.rangeClosed(0, 255).mapToObj(i -> Cidr.parse("198.19." + (255 - i) + ".0/24")));
        Stream<Cidr> v6 = IntStream.rangeClosed(1, 255)
                .mapToObj(i -> Cidr.parse("fd74:656c:" + Integer.toHexString(i) + "::/64"));
        return new TunPrefixes(
                v4.filter(p -> isFree(p, rules, host)).findFirst().orElse(Cidr.parse("100.127.255.0/24")),
                host.ipv6() ? v6.filter(p -> isFree(p, rules, host)).findFirst() : Optional.empty());
    }

    List<Cidr> all() {
        List<Cidr> all = new ArrayList<>(List.of(v4));
        v6.ifPresent(all::add);
        return all;
    }

    List<OwnAddress> own() {
        return all().stream().map(p -> new OwnAddress(p.host(1), p)).toList();
    }

    List<InetAddress> addresses() {
        return own().stream().map(OwnAddress::address).toList();
    }

    StackConfig stack(int mtu) {
        return new StackConfig(Optional.of(family(v4)), v6.map(TunPrefixes::family), mtu);
    }

    private static StackConfig.Own family(Cidr prefix) {
        List<InetAddress> spare =
                IntStream.range(2, 2 + SPARE).mapToObj(prefix::host).toList();
        return new StackConfig.Own(prefix.host(1), spare);
    }

    private static boolean isFree(Cidr prefix, ProxyRules rules, HostView host) {
        return host.isFree(prefix)
                && Stream.of(rules.cluster(), rules.also(), rules.never())
                        .flatMap(List::stream)
                        .noneMatch(prefix::overlaps)
                && Stream.concat(rules.apiServer().stream(), host.nameservers().stream())
                        .noneMatch(prefix::contains);
    }
}

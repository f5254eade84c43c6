package io.telepresence.rootd.session;

import io.telepresence.base.Cidr;
import io.telepresence.rootd.host.BypassRoute;
import io.telepresence.rootd.host.HostCommands;
import io.telepresence.rootd.host.HostNetwork;
import io.telepresence.rootd.host.HostNetwork.Address;
import io.telepresence.rootd.host.HostNetwork.Route;
import io.telepresence.rootd.host.ResolvConfFile;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What this machine's network is now, without what we did to it.
 *
 * @param nameservers as resolv.conf lists them
 */
public record HostView(List<Address> addresses, List<Route> routes, List<InetAddress> nameservers, boolean ipv6) {
    private static final Path IPV6_OFF = Path.of("/proc/sys/net/ipv6/conf/all/disable_ipv6");

    public HostView {
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
        nameservers = List.copyOf(nameservers);
    }

    /**
     * Looks at the machine.
     *
     * @param device our own one, left out
     * @param kept routes that we set, left out
     */
    public static HostView read(HostCommands host, String device, Collection<BypassRoute> kept) throws IOException {
        List<Address> addresses = HostNetwork.addresses(host).stream()
                .filter(a -> !a.device().equals(device))
                .toList();
        List<Route> routes = HostNetwork.routes(host).stream()
                .filter(r -> !r.device().equals(device) && kept.stream().noneMatch(k -> same(k, r)))
                .toList();
        List<InetAddress> nameservers =
                ResolvConfFile.parse(host.readOrEmpty(ResolvConfFile.FILE)).nameservers();
        return new HostView(
                addresses,
                routes,
                nameservers,
                host.readOrEmpty(IPV6_OFF).strip().equals("0"));
    }

    /** The route that a packet to {@code target} takes. */
    Optional<Route> routeTo(InetAddress target) {
        return routes.stream()
                .filter(r -> r.destination().contains(target))
                .max(Comparator.comparingInt((Route r) -> r.destination().length())
                        .thenComparing(Route::metric, Comparator.reverseOrder()));
    }

    /** Gateways of the default routes. */
    List<InetAddress> gateways() {
        return routes.stream()
                .filter(r -> r.destination().length() == 0)
                .flatMap(r -> r.gateway().stream())
                .distinct()
                .toList();
    }

    boolean isLocal(InetAddress address) {
        return address.isLoopbackAddress()
                || addresses.stream().anyMatch(a -> a.address().equals(address));
    }

    /** Whether {@code prefix} is unused here. */
    boolean isFree(Cidr prefix) {
        return addresses.stream().noneMatch(a -> prefix.contains(a.address()))
                && routes.stream().filter(r -> r.destination().length() > 0).noneMatch(r -> r.destination()
                        .overlaps(prefix));
    }

    private static boolean same(BypassRoute kept, Route route) {
        return kept.subnet().equals(route.destination())
                && kept.device().equals(Optional.of(route.device()))
                && kept.gateway().equals(route.gateway());
    }
}

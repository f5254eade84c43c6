package io.telepresence.rootd.session;

import io.telepresence.base.Cidr;
import io.telepresence.rootd.host.BypassRoute;
import io.telepresence.rootd.host.HostNetwork.Address;
import io.telepresence.rootd.host.HostNetwork.Route;
import io.telepresence.rootd.host.TunRoute;
import io.telepresence.rootd.session.NetworkPlan.LeftOut;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Decides what to route. Pure.
 *
 * <p>The kernel takes the most specific route, so {@code never} inside a routed subnet becomes a route of its own: a
 * copy of the one that the machine used before. The same is done for addresses that must stay reachable as they are:
 * API server, nameservers, default gateways. A subnet that would take the machine's own networks away is left out, unless
 * the user allowed that.
 */
final class Planner {
    private static final List<Cidr> NEVER_ROUTED = Stream.of(
                    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::1/128", "fe80::/10", "ff00::/8")
            .map(Cidr::parse)
            .toList();

    private final ProxyRules rules;
    private final HostView host;
    private final TunPrefixes prefixes;
    private final List<LeftOut> leftOut = new ArrayList<>();

    private Planner(ProxyRules rules, HostView host, TunPrefixes prefixes) {
        this.rules = rules;
        this.host = host;
        this.prefixes = prefixes;
    }

    static NetworkPlan plan(ProxyRules rules, HostView host, TunPrefixes prefixes) {
        return new Planner(rules, host, prefixes).plan();
    }

    private NetworkPlan plan() {
        Set<Cidr> wanted = new TreeSet<>();
        rules.cluster().stream().distinct().filter(s -> fits(s, false)).forEach(wanted::add);
        rules.also().stream()
                .distinct()
                .filter(s -> !wanted.contains(s) && fits(s, true))
                .forEach(wanted::add);
        List<Cidr> subnets = wanted.stream().filter(s -> !covered(s, wanted)).toList();
        Set<TunRoute> routes = new LinkedHashSet<>();
        subnets.forEach(s -> routes.add(new TunRoute(s, takesOver(s))));
        subnets.forEach(s -> shadowed(s).forEach(r -> routes.add(new TunRoute(r, true))));
        return new NetworkPlan(subnets, routes, kept(subnets), leftOut);
    }

    private boolean fits(Cidr subnet, boolean also) {
        Optional<String> reason = objection(subnet, also);
        reason.ifPresent(r -> leftOut.add(new LeftOut(subnet, r)));
        return reason.isEmpty();
    }

    private Optional<String> objection(Cidr subnet, boolean also) {
        if (!subnet.isV4() && prefixes.v6().isEmpty()) {
            return Optional.of("IPv6 is off on this machine");
        }
        for (Cidr special : NEVER_ROUTED) {
            if (special.overlaps(subnet)) {
                return Optional.of("it holds addresses of " + special + ", which never leave a machine");
            }
        }
        for (Cidr own : prefixes.all()) {
            if (own.overlaps(subnet)) {
                return Optional.of("it overlaps the tunnel's own " + own);
            }
        }
        for (Cidr never : rules.never()) {
            if (never.contains(subnet) && !(also && subnet.within(never))) {
                return Optional.of("never-proxy " + never + " covers it");
            }
        }
        return conflict(subnet);
    }

    private Optional<String> conflict(Cidr subnet) {
        for (Address address : host.addresses()) {
            if (subnet.contains(address.address()) && !allowed(subnet, Cidr.of(address.address()))) {
                return Optional.of("it holds this machine's own address " + Cidr.text(address.address()) + " on "
                        + address.device());
            }
        }
        for (Route route : host.routes()) {
            if (clashes(route, subnet) && !allowed(subnet, route.destination())) {
                return Optional.of("it overlaps " + route.destination() + ", which is routed to " + route.device());
            }
        }
        return Optional.empty();
    }

    private static boolean clashes(Route route, Cidr subnet) {
        return route.destination().length() > 0 && route.destination().overlaps(subnet);
    }

    private boolean allowed(Cidr subnet, Cidr present) {
        return rules.allowConflicting().stream()
                .anyMatch(a -> a.contains(subnet) || present.within(subnet) && a.contains(present));
    }

    /** Inside another wanted subnet, with nothing in between that is kept out. */
    private boolean covered(Cidr subnet, Set<Cidr> wanted) {
        return wanted.stream().filter(subnet::within).anyMatch(wide -> rules.never().stream()
                .noneMatch(n -> subnet.within(n) && n.within(wide)));
    }

    private boolean takesOver(Cidr subnet) {
        return host.routes().stream().anyMatch(r -> r.destination().equals(subnet));
    }

    /** Routes of the machine inside an allowed subnet: the kernel would prefer them to ours. */
    private List<Cidr> shadowed(Cidr subnet) {
        return host.routes().stream()
                .map(Route::destination)
                .filter(d -> d.within(subnet))
                .distinct()
                .toList();
    }

    private Set<BypassRoute> kept(List<Cidr> subnets) {
        Set<BypassRoute> kept = new LinkedHashSet<>();
        rules.never().stream().filter(n -> subnets.stream().anyMatch(n::within)).forEach(n -> kept.add(keep(n)));
        Stream.of(rules.apiServer(), host.nameservers(), host.gateways())
                .flatMap(List::stream)
                .filter(a -> subnets.stream().anyMatch(s -> s.contains(a)) && !host.isLocal(a))
                .filter(a -> host.routeTo(a).isPresent())
                .forEach(a -> kept.add(keep(Cidr.of(a))));
        return kept;
    }

    private BypassRoute keep(Cidr subnet) {
        InetAddress target = subnet.address();
        return host.routeTo(target)
                .map(r -> new BypassRoute(subnet, r.gateway(), Optional.of(r.device()), r.source()))
                .orElse(new BypassRoute(subnet, Optional.empty(), Optional.empty(), Optional.empty()));
    }
}

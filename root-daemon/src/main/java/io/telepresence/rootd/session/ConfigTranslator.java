package io.telepresence.rootd.session;

import io.telepresence.agree.Routing;
import io.telepresence.base.Cidr;
import io.telepresence.rootd.dns.DnsSettings;
import io.telepresence.rootd.host.ResolvConfFile;
import io.telepresence.rpc.rootd.DnsConfig;
import io.telepresence.rpc.rootd.DnsMapping;
import io.telepresence.rpc.rootd.NetworkConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Translates what the user daemon sends into this package's values. Addresses that make no sense are refused. */
final class ConfigTranslator {
    private static final int DNS_PORT = 53;

    private ConfigTranslator() {}

    /** @param services false: they are reachable without us; {@code pods} likewise */
    static ProxyRules rules(NetworkConfig config, boolean services, boolean pods) {
        List<Cidr> cluster = new ArrayList<>();
        if (services) {
            cluster.addAll(cidrs(config.getServiceSubnetsList()));
        }
        if (pods) {
            cluster.addAll(cidrs(config.getPodSubnetsList()));
        }
        return ProxyRules.of(
                cluster,
                Routing.fromWire(config.getRouting()),
                config.getApiServerList().stream()
                        .map(b -> Cidr.address(b.toByteArray()))
                        .toList());
    }

    /** Of a session whose configuration is not in force yet. */
    static DnsSettings noDns(List<InetAddress> servers) {
        return dns(DnsConfig.getDefaultInstance(), List.of(), servers);
    }

    static DnsSettings dns(DnsConfig dns, List<Cidr> subnets, List<InetAddress> servers) {
        Map<String, String> mappings = new LinkedHashMap<>();
        for (DnsMapping mapping : dns.getMappingsList()) {
            mappings.put(mapping.getName(), mapping.getAliasFor());
        }
        return new DnsSettings(
                dns.getClusterDomain(),
                dns.getNamespace(),
                dns.getNamespacesList(),
                dns.getNamespacesMapped(),
                dns.getIncludeSuffixesList(),
                dns.getExcludeSuffixesList(),
                dns.getExcludesList(),
                mappings,
                subnets,
                servers);
    }

    /** Whom programs ask on this machine: as configured, else as resolv.conf says. */
    static List<InetSocketAddress> nameservers(DnsConfig dns, String resolvConf) {
        if (dns.getLocalAddressesCount() > 0) {
            return dns.getLocalAddressesList().stream()
                    .map(ConfigTranslator::endpoint)
                    .toList();
        }
        return ResolvConfFile.parse(resolvConf).nameservers().stream()
                .map(a -> new InetSocketAddress(a, DNS_PORT))
                .toList();
    }

    static List<Cidr> cidrs(List<io.telepresence.rpc.manager.Cidr> wire) {
        return wire.stream()
                .map(c -> new Cidr(Cidr.address(c.getIp().toByteArray()), c.getPrefixLength()))
                .toList();
    }

    /** {@code 1.2.3.4}, {@code 1.2.3.4:53}, {@code ::1} or {@code [::1]:53}. */
    static InetSocketAddress endpoint(String text) {
        int colon = text.lastIndexOf(':');
        boolean bracketed = text.startsWith("[");
        boolean port = colon > 0 && (bracketed ? text.indexOf(']') < colon : text.indexOf(':') == colon);
        String address = port ? text.substring(0, colon) : text;
        String bare = bracketed ? address.substring(1, address.indexOf(']')) : address;
        return new InetSocketAddress(Cidr.literal(bare), port ? Integer.parseInt(text.substring(colon + 1)) : DNS_PORT);
    }
}

package io.telepresence.rootd.dns;

import io.telepresence.base.Cidr;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@link NameRules} judges by. All names come out in lower case and without dots at their ends.
 *
 * @param clusterDomain usually {@code cluster.local}
 * @param namespace where single-label names are looked up; may be empty
 * @param namespaces those whose names are domains on this laptop
 * @param mapped whether the user named these namespaces; false: they are all that the cluster has
 * @param mappings name to another name or an address
 * @param subnets whose reverse names are the cluster's
 * @param servers our own server's addresses
 */
public record DnsSettings(
        String clusterDomain,
        String namespace,
        List<String> namespaces,
        boolean mapped,
        List<String> includeSuffixes,
        List<String> excludeSuffixes,
        List<String> excludes,
        Map<String, String> mappings,
        List<Cidr> subnets,
        List<InetAddress> servers) {
    public DnsSettings {
        clusterDomain = clusterDomain.isEmpty() ? "cluster.local" : plain(clusterDomain);
        namespace = plain(namespace);
        namespaces = plain(namespaces);
        includeSuffixes = plain(includeSuffixes);
        excludeSuffixes = plain(excludeSuffixes);
        excludes = plain(excludes);
        Map<String, String> plainMappings = new LinkedHashMap<>();
        mappings.forEach((name, target) -> plainMappings.put(plain(name), plain(target)));
        mappings = Map.copyOf(plainMappings);
        subnets = List.copyOf(subnets);
        servers = List.copyOf(servers);
    }

    /** Whether the user named this namespace: connected to it, or mapped it. */
    boolean isNamed(String label) {
        return label.equals(namespace) || mapped && namespaces.contains(label);
    }

    private static List<String> plain(List<String> names) {
        return names.stream()
                .map(DnsSettings::plain)
                .filter(n -> !n.isEmpty())
                .distinct()
                .toList();
    }

    /** Lower case, no dot at either end. */
    static String plain(String name) {
        int from = 0;
        int to = name.length();
        while (from < to && name.charAt(from) == '.') {
            from++;
        }
        while (to > from && name.charAt(to - 1) == '.') {
            to--;
        }
        return name.substring(from, to).toLowerCase(Locale.ROOT);
    }
}

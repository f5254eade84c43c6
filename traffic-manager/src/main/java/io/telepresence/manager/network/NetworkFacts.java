package io.telepresence.manager.network;

import io.telepresence.base.Cidr;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * What a client must know of the cluster.
 *
 * @param domain without dots at either end
 * @param injector where the webhook's Service answers; empty: it has none
 * @param managed the managed namespaces; empty: all
 * @param namespaces those that exist, within the managed ones, sorted
 */
public record NetworkFacts(
        List<Cidr> serviceSubnets,
        List<Cidr> podSubnets,
        String domain,
        Optional<InetAddress> dns,
        Optional<Injector> injector,
        List<String> managed,
        List<String> namespaces) {

    public record Injector(InetAddress ip, int port) {}

    static final NetworkFacts NONE =
            new NetworkFacts(List.of(), List.of(), "", Optional.empty(), Optional.empty(), List.of(), List.of());
}

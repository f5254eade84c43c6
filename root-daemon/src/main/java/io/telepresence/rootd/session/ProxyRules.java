package io.telepresence.rootd.session;

import io.telepresence.agree.Routing;
import io.telepresence.base.Cidr;
import java.net.InetAddress;
import java.util.List;

/**
 * What shall go through the tunnel and what shall not.
 *
 * @param cluster subnets of services and pods
 * @param also further subnets, asked for by the user
 * @param never subnets that keep the route they had; of {@code also} and {@code never} the more specific one wins
 * @param allowConflicting where the tunnel may take over routes that the machine has already
 * @param apiServer addresses of the API server: never through the tunnel
 */
public record ProxyRules(
        List<Cidr> cluster,
        List<Cidr> also,
        List<Cidr> never,
        List<Cidr> allowConflicting,
        List<InetAddress> apiServer) {
    public ProxyRules {
        cluster = List.copyOf(cluster);
        also = List.copyOf(also);
        never = List.copyOf(never);
        allowConflicting = List.copyOf(allowConflicting);
        apiServer = List.copyOf(apiServer);
    }

    /** @throws IllegalArgumentException one of the user's subnets is none */
    static ProxyRules of(List<Cidr> cluster, Routing user, List<InetAddress> apiServer) {
        return new ProxyRules(
                cluster,
                cidrs(user, Routing.Rule.ALSO_PROXY),
                cidrs(user, Routing.Rule.NEVER_PROXY),
                cidrs(user, Routing.Rule.ALLOW_CONFLICTING),
                apiServer);
    }

    private static List<Cidr> cidrs(Routing user, Routing.Rule rule) {
        return user.subnets(rule).stream().map(Cidr::parse).toList();
    }
}

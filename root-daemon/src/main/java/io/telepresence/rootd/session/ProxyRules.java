package io.telepresence.rootd.session;

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
}

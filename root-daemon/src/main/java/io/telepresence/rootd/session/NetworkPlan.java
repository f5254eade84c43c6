package io.telepresence.rootd.session;

import io.telepresence.base.Cidr;
import io.telepresence.rootd.host.BypassRoute;
import io.telepresence.rootd.host.TunRoute;
import java.util.List;
import java.util.Set;

/**
 * What shall be on this machine.
 *
 * @param subnets reachable through the tunnel, none inside another unless something between them is kept out
 * @param routes into the tunnel; more than {@code subnets} where they take over routes that the machine has
 * @param kept routes beside the tunnel, for what lies inside {@code subnets} and must not go through it
 * @param leftOut wished, but not done
 */
public record NetworkPlan(List<Cidr> subnets, Set<TunRoute> routes, Set<BypassRoute> kept, List<LeftOut> leftOut) {
    /** Nothing at all. */
    static final NetworkPlan NONE = new NetworkPlan(List.of(), Set.of(), Set.of(), List.of());

    /** A subnet that is not routed, and why, as half a sentence. */
    public record LeftOut(Cidr subnet, String reason) {}

    public NetworkPlan {
        subnets = List.copyOf(subnets);
        leftOut = List.copyOf(leftOut);
    }
}

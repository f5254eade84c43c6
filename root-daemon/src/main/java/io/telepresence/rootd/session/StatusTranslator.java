package io.telepresence.rootd.session;

import com.google.protobuf.ByteString;
import io.telepresence.base.Cidr;
import io.telepresence.rootd.stack.Stack;
import io.telepresence.rpc.rootd.DnsConfig;
import io.telepresence.rpc.rootd.DnsStatus;
import io.telepresence.rpc.rootd.LeftOut;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** What a session has reached, as the message that the user daemon gets. */
final class StatusTranslator {
    private StatusTranslator() {}

    /** @param up whether the manager answers */
    record Facts(
            String device,
            List<InetAddress> addresses,
            NetworkPlan plan,
            SessionDns.State dns,
            Stack.Stats flows,
            boolean up,
            boolean mapServices,
            boolean mapPods) {}

    static NetworkStatus status(NetworkConfig config, Facts facts) {
        NetworkStatus.Builder status = NetworkStatus.newBuilder()
                .setActive(true)
                .setInterfaceName(facts.device())
                .setRouting(config.getRouting())
                .setDns(dns(config, facts))
                .addAllWarnings(warnings(facts))
                .setOpenFlows(facts.flows().openFlows())
                .setTotalFlows(facts.flows().totalFlows());
        facts.plan().subnets().forEach(s -> status.addSubnets(wire(s)));
        facts.plan()
                .leftOut()
                .forEach(l -> status.addLeftOut(
                        LeftOut.newBuilder().setSubnet(wire(l.subnet())).setReason(l.reason())));
        leaveOut(status, config.getServiceSubnetsList(), facts.mapServices(), "services");
        leaveOut(status, config.getPodSubnetsList(), facts.mapPods(), "pods");
        return status.build();
    }

    private static void leaveOut(
            NetworkStatus.Builder status, List<io.telepresence.rpc.manager.Cidr> subnets, boolean mapped, String what) {
        if (!mapped) {
            subnets.forEach(s -> status.addLeftOut(LeftOut.newBuilder()
                    .setSubnet(s)
                    .setReason("the cluster's " + what + " are reachable from this machine without the tunnel")));
            status.addWarnings("The cluster's " + what
                    + " are reachable from this machine without the tunnel: their subnets are not mapped");
        }
    }

    private static List<String> warnings(Facts facts) {
        List<String> warnings = new ArrayList<>();
        facts.plan()
                .leftOut()
                .forEach(l -> warnings.add("Subnet " + l.subnet() + " is not routed: " + l.reason()
                        + (l.reason().startsWith("it overlaps") || l.reason().startsWith("it holds this machine")
                                ? ". Allow it with --allow-conflicting-subnets"
                                : "")));
        if (!facts.up()) {
            warnings.add("The traffic-manager does not answer at the moment");
        }
        return warnings;
    }

    private static DnsStatus dns(NetworkConfig config, Facts facts) {
        DnsConfig wished = config.getDns();
        SessionDns.State state = facts.dns();
        return DnsStatus.newBuilder()
                .setMode(state.mode())
                .setLocalAddress(Cidr.text(facts.addresses().getFirst()))
                .setError(state.error())
                .addAllIncludeSuffixes(wished.getIncludeSuffixesList())
                .addAllExcludeSuffixes(wished.getExcludeSuffixesList())
                .addAllExcludes(wished.getExcludesList())
                .addAllMappings(wished.getMappingsList())
                .setLookupTimeoutMs(NetworkUplink.lookupMillis(config))
                .setRemoteIp(state.remote())
                .build();
    }

    private static io.telepresence.rpc.manager.Cidr wire(Cidr cidr) {
        return io.telepresence.rpc.manager.Cidr.newBuilder()
                .setIp(ByteString.copyFrom(cidr.address().getAddress()))
                .setPrefixLength(cidr.length())
                .build();
    }
}

package io.telepresence.manager.grpc;

import com.google.protobuf.ByteString;
import io.telepresence.base.Cidr;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.network.ClusterDnsClient;
import io.telepresence.manager.network.NetworkFacts;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.rpc.agent.ReachRequest;
import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.rpc.manager.DnsAnswer;
import io.telepresence.rpc.manager.DnsRecord;
import java.net.InetAddress;
import java.util.List;

/** What the manager knows of the cluster, to the wire. Pure. */
final class ClusterTranslator {
    private ClusterTranslator() {}

    private static final String ON_NODE =
            "the traffic-manager uses the network of its node (hostNetwork): every process"
                    + " and every hostNetwork pod of that node reaches its port for clients without any Kubernetes permission";

    /** @param pod the manager's; its address may be unknown */
    static ClusterInfo toWire(NetworkFacts facts, ManagerSettings.Pod pod, String injectorTrouble) {
        ClusterInfo.Builder info = ClusterInfo.newBuilder()
                .addAllServiceSubnets(cidrs(facts.serviceSubnets()))
                .addAllPodSubnets(cidrs(facts.podSubnets()))
                .setClusterDomain(facts.domain())
                .addAllManagedNamespaces(facts.managed())
                .addAllNamespaces(facts.namespaces())
                .setInjectorTrouble(injectorTrouble);
        facts.dns().ifPresent(ip -> info.setDnsIp(bytes(ip)));
        facts.injector().ifPresent(i -> info.setInjectorIp(bytes(i.ip())).setInjectorPort(i.port()));
        if (!pod.ip().isEmpty()) {
            info.setManagerPodIp(bytes(InetAddress.ofLiteral(pod.ip())));
        }
        if (pod.onNode()) {
            info.addWarnings(ON_NODE);
        }
        return info.build();
    }

    static DnsAnswer toWire(ClusterDnsClient.Answer answer) {
        return DnsAnswer.newBuilder()
                .setRcode(answer.rcode())
                .addAllRecords(answer.records().stream()
                        .map(r -> DnsRecord.newBuilder()
                                .setName(r.name())
                                .setType(r.type())
                                .setTtlSeconds((int) Math.min(r.ttl(), Integer.MAX_VALUE))
                                .setRdata(ByteString.copyFrom(r.rdata()))
                                .build())
                        .toList())
                .build();
    }

    static DialRequest toWire(Switchboard.DialAsked dial) {
        return DialRequest.newBuilder()
                .setDialId(dial.dialId())
                .setId(dial.key().toWire())
                .setEngagementId(dial.engagementId())
                .setHost(dial.host())
                .setPort(dial.port())
                .build();
    }

    static ReachRequest toWire(Switchboard.ReachAsked asked) {
        return ReachRequest.newBuilder()
                .setDialId(asked.dialId())
                .setId(asked.key().toWire())
                .setReach(asked.reach())
                .setContainer(asked.container())
                .build();
    }

    private static List<io.telepresence.rpc.manager.Cidr> cidrs(List<Cidr> cidrs) {
        return cidrs.stream()
                .map(c -> io.telepresence.rpc.manager.Cidr.newBuilder()
                        .setIp(bytes(c.address()))
                        .setPrefixLength(c.length())
                        .build())
                .toList();
    }

    private static ByteString bytes(InetAddress address) {
        return ByteString.copyFrom(address.getAddress());
    }
}

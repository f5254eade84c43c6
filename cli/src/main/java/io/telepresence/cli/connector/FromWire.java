package io.telepresence.cli.connector;

import com.google.protobuf.ByteString;
import io.telepresence.agree.Routing;
import io.telepresence.base.AddressText;
import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.Connected;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.daemon.KubeContext;
import io.telepresence.cli.daemon.ListedWorkload;
import io.telepresence.rpc.connector.ConnectorStatus;
import io.telepresence.rpc.connector.RootDaemonStatus;
import io.telepresence.rpc.connector.WorkloadList;
import io.telepresence.rpc.manager.Cidr;
import io.telepresence.rpc.rootd.DnsMapping;
import io.telepresence.rpc.rootd.DnsStatus;
import io.telepresence.rpc.rootd.NetworkStatus;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Messages as what the commands show. */
final class FromWire {
    private FromWire() {}

    static Connected connected(io.telepresence.rpc.connector.Connected wire) {
        return new Connected(
                wire.getAlreadyConnected(),
                wire.getContext(),
                wire.getNamespace(),
                wire.getServer(),
                List.copyOf(wire.getWarningsList()));
    }

    static DaemonStatus status(ConnectorStatus wire) {
        var program =
                new DaemonStatus.Program(wire.getVersion().getVersion(), wire.getExecutable(), wire.getInstallId());
        var cluster = new DaemonStatus.Cluster(
                wire.getKubernetesServer(),
                wire.getKubernetesContext(),
                wire.getNamespace(),
                wire.getManagerNamespace(),
                List.copyOf(wire.getMappedNamespacesList()),
                wire.getClusterUser());
        return new DaemonStatus(
                program,
                new DaemonStatus.Connection(wire.getConnectionName(), wire.getStatus(), wire.getError(), cluster),
                engagements(wire.getEngagementsList()),
                wire.hasRootDaemon() ? Optional.of(root(wire.getRootDaemon())) : Optional.empty(),
                wire.hasTrafficManager()
                        ? Optional.of(new DaemonStatus.Manager(
                                wire.getTrafficManager().getVersion().getVersion(),
                                wire.getTrafficManager().getAgentImage()))
                        : Optional.empty(),
                List.copyOf(wire.getTroublesList()),
                wire.getInDocker()
                        ? Optional.of(new DaemonStatus.Docker(wire.getHostname(), wire.getHostPresent()))
                        : Optional.empty());
    }

    private static DaemonStatus.Root root(RootDaemonStatus wire) {
        NetworkStatus network = wire.getNetwork();
        return new DaemonStatus.Root(
                wire.getVersion().getVersion(),
                network.hasDns() ? Optional.of(dns(network.getDns())) : Optional.empty(),
                new DaemonStatus.Subnets(
                        cidrs(network.getSubnetsList()),
                        Routing.fromWire(network.getRouting()),
                        network.getLeftOutList().stream()
                                .map(l -> cidr(l.getSubnet()))
                                .toList()),
                List.copyOf(network.getWarningsList()));
    }

    private static DaemonStatus.Dns dns(DnsStatus wire) {
        return new DaemonStatus.Dns(
                wire.getError(),
                wire.getLocalAddress(),
                wire.getRemoteIp(),
                new DaemonStatus.Suffixes(
                        List.copyOf(wire.getIncludeSuffixesList()),
                        List.copyOf(wire.getExcludeSuffixesList()),
                        List.copyOf(wire.getExcludesList())),
                mappings(wire.getMappingsList()),
                wire.getLookupTimeoutMs());
    }

    private static Map<String, String> mappings(List<DnsMapping> wire) {
        Map<String, String> mappings = new LinkedHashMap<>();
        wire.forEach(m -> mappings.put(m.getName(), m.getAliasFor()));
        return mappings;
    }

    static List<ListedWorkload> workloads(WorkloadList wire) {
        Map<String, io.telepresence.rpc.connector.ClientEngagement> own = wire.getOwnList().stream()
                .collect(Collectors.toMap(e -> e.getEngagement().getId(), e -> e, (one, same) -> one));
        return wire.getSnapshot().getWorkloadsList().stream()
                .map(w -> new ListedWorkload(
                        w.getKind(),
                        w.getName(),
                        w.getNamespace(),
                        w.getUid(),
                        w.getAgentVersion(),
                        w.getNotInterceptableReason(),
                        List.copyOf(w.getPoliciesList()),
                        new ListedWorkload.Coverage(
                                Math.max(w.getReadyPods(), w.getBypassesCount()),
                                w.getBypassesList().stream()
                                        .map(b -> new ListedWorkload.Bypass(b.getPod(), b.getReason()))
                                        .toList(),
                                w.getEarlierAgents()),
                        engagements(w.getEngagementsList().stream()
                                .map(e -> own.getOrDefault(
                                        e.getId(),
                                        io.telepresence.rpc.connector.ClientEngagement.newBuilder()
                                                .setEngagement(e)
                                                .build()))
                                .toList())))
                .toList();
    }

    private static List<ClientEngagement> engagements(List<io.telepresence.rpc.connector.ClientEngagement> wire) {
        return wire.stream()
                .map(EngagementFromWire::engagement)
                .flatMap(Optional::stream)
                .toList();
    }

    static List<KubeContext> contexts(io.telepresence.rpc.connector.Contexts wire) {
        return wire.getContextsList().stream()
                .map(c -> new KubeContext(c.getName(), c.getCluster(), c.getUser(), c.getNamespace(), c.getCurrent()))
                .toList();
    }

    private static List<String> cidrs(List<Cidr> wire) {
        return wire.stream().map(FromWire::cidr).toList();
    }

    private static String cidr(Cidr wire) {
        return address(wire.getIp()) + "/" + wire.getPrefixLength();
    }

    private static String address(ByteString ip) {
        try {
            return AddressText.of(InetAddress.getByAddress(ip.toByteArray()));
        } catch (UnknownHostException e) {
            return "?";
        }
    }
}

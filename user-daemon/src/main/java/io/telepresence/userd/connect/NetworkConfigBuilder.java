package io.telepresence.userd.connect;

import com.google.protobuf.ByteString;
import io.telepresence.agree.Ports;
import io.telepresence.agree.Routing;
import io.telepresence.base.AddressText;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.rpc.rootd.DnsConfig;
import io.telepresence.rpc.rootd.DnsMapping;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.tunnel.pool.Carriers;
import io.telepresence.userd.config.ClientConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Builds the root daemon's configuration from what the user, the configuration and the cluster say. Pure.
 *
 * @param apiServer addresses that are never routed into the tunnel
 * @param routing what the user typed
 * @param mapped mapped namespaces; empty: all that the cluster tells
 * @param inDocker this is a container: what it reaches without us, it may reach by the laptop's own tunnel, which can end
 *     any time, so nobody looks
 */
record NetworkConfigBuilder(
        Path carrier,
        List<InetAddress> apiServer,
        Routing routing,
        ClientConfig config,
        String namespace,
        List<String> mapped,
        boolean inDocker) {
    private static final int CARRIERS = 3;

    /** The same for an API server that has moved. */
    NetworkConfigBuilder to(List<InetAddress> moved) {
        return new NetworkConfigBuilder(carrier, moved, routing, config, namespace, mapped, inDocker);
    }

    /** The same with other namespaces mapped. */
    NetworkConfigBuilder mapping(List<String> others) {
        return new NetworkConfigBuilder(carrier, apiServer, routing, config, namespace, others, inDocker);
    }

    NetworkConfig config(String sessionId, ClusterInfo cluster) throws FaultException {
        NetworkConfig.Builder all = NetworkConfig.newBuilder()
                .setSessionId(sessionId)
                .setCarrierSocket(carrier.toString())
                .setCarriers(CARRIERS)
                .addAllServiceSubnets(cluster.getServiceSubnetsList())
                .addAllPodSubnets(cluster.getPodSubnetsList())
                .setRouting(checked(routing.and(config.routing())).toWire())
                .setDns(dns(cluster))
                .setDialTimeoutMs((int) config.timeouts().endpointDial().toMillis())
                .setCarrierConnectMs((int) carrierConnect(config.timeouts()).toMillis())
                .setConnectivityCheckMs(
                        inDocker
                                ? 0
                                : (int) config.timeouts().connectivityCheck().toMillis())
                .setManagerPodIp(cluster.getManagerPodIp())
                .setManagerPodPort(Ports.AGENT_API)
                .setInjectorIp(cluster.getInjectorIp())
                .setInjectorPort(cluster.getInjectorPort());
        apiServer.forEach(a -> all.addApiServer(ByteString.copyFrom(a.getAddress())));
        return all.build();
    }

    /** A carrier is a port-forward, and a first answer through it. */
    static Duration carrierConnect(ClientConfig.Timeouts timeouts) {
        return timeouts.clusterConnect().plus(Carriers.BEAT);
    }

    private DnsConfig dns(ClusterInfo cluster) {
        ClientConfig.Dns dns = config.dns();
        DnsConfig.Builder all = DnsConfig.newBuilder()
                .setClusterDomain(cluster.getClusterDomain())
                .setNamespace(namespace)
                .addAllNamespaces(mapped.isEmpty() ? cluster.getNamespacesList() : mapped)
                .setNamespacesMapped(!mapped.isEmpty())
                .addAllIncludeSuffixes(dns.includeSuffixes())
                .addAllExcludeSuffixes(dns.excludeSuffixes())
                .addAllExcludes(dns.excludes())
                .setLookupTimeoutMs((int) dns.lookupTimeout().toMillis())
                .addAllLocalAddresses(dns.localAddresses());
        dns.mappings()
                .forEach(m -> all.addMappings(
                        DnsMapping.newBuilder().setName(m.name()).setAliasFor(m.aliasFor())));
        return all.build();
    }

    /** With every subnet in its usual form. */
    private static Routing checked(Routing typed) throws FaultException {
        Map<Routing.Rule, List<String>> all = new EnumMap<>(Routing.Rule.class);
        for (Routing.Rule rule : Routing.Rule.values()) {
            List<String> subnets = new ArrayList<>();
            for (String text : typed.subnets(rule)) {
                subnets.add(subnet(text));
            }
            all.put(rule, subnets);
        }
        return new Routing(all);
    }

    private static String subnet(String text) throws FaultException {
        int slash = text.indexOf('/');
        String ip = slash < 0 ? text : text.substring(0, slash);
        try {
            if (ip.matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
                InetAddress address = InetAddress.getByName(ip);
                int most = address.getAddress().length * 8;
                int prefix = slash < 0 ? most : Integer.parseInt(text.substring(slash + 1));
                if (prefix >= 0 && prefix <= most) {
                    return AddressText.of(address) + "/" + prefix;
                }
            }
        } catch (UnknownHostException | NumberFormatException e) {
            throw bad(text).exception(e);
        }
        throw bad(text).exception();
    }

    private static Fault bad(String text) {
        return Fault.user("\"" + text + "\" is not a subnet like 10.1.0.0/16", "");
    }
}

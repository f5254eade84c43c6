package io.telepresence.manager.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.base.Cidr;
import io.telepresence.manager.cluster.FakeCluster;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ClusterNetworkTest {
    private static final PodResolvConf DNS = PodResolvConf.parse(List.of(
            "; comment",
            "nameserver 10.96.0.10",
            "search ambassador.svc.example.org svc.example.org example.org",
            "options ndots:5"));

    private final FakeCluster cluster = new FakeCluster();

    @Test
    void resolvConfTellsTheDomainAndTheServer() {
        assertEquals("example.org", DNS.clusterDomain());
        assertEquals(List.of(InetAddress.ofLiteral("10.96.0.10")), DNS.nameservers());
        assertEquals(
                "cluster.local",
                PodResolvConf.parse(List.of("search corp.example")).clusterDomain());
    }

    @Test
    void theRefusalOfAServiceNamesTheRange() {
        String old = "Service \"x\" is invalid: spec.clusterIP: Invalid value: \"203.0.113.1\": provided IP is not in"
                + " the valid range. The range of valid IPs is 10.96.0.0/16";
        assertEquals(List.of(Cidr.parseSubnet("10.96.0.0/16")), ServiceCidrs.parseRefusal(old));
        assertEquals(List.of(), ServiceCidrs.parseRefusal("forbidden"));
    }

    @Test
    void withoutThatTheServicesOwnAddressesCount() throws Exception {
        cluster.addEcho();
        try (ClusterNetwork view = view("auto", List.of())) {
            assertEquals(
                    List.of(Cidr.parseSubnet("10.96.0.0/20")),
                    view.facts().get().serviceSubnets());
        }
    }

    @Test
    void nodesAreBelievedIfThePodsAreInTheirSubnets() throws Exception {
        cluster.addEcho();
        cluster.add("{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDRs: [10.244.0.0/24]}}");
        cluster.add("{apiVersion: v1, kind: Node, metadata: {name: n2}, spec: {podCIDRs: [10.244.1.0/24]}}");
        try (ClusterNetwork view = view("auto", List.of())) {
            assertEquals(
                    List.of(Cidr.parseSubnet("10.244.0.0/23")),
                    view.facts().get().podSubnets());
        }
        cluster.nodes.all().forEach(n -> n.getSpec().setPodCIDRs(List.of("192.0.2.0/24")));
        try (ClusterNetwork view = view("auto", List.of())) {
            assertEquals(
                    List.of(Cidr.parseSubnet("10.244.0.0/24")),
                    view.facts().get().podSubnets());
        }
        try (ClusterNetwork view = view("environment", List.of(Cidr.parseSubnet("10.9.0.0/16")))) {
            assertEquals(
                    List.of(Cidr.parseSubnet("10.9.0.0/16")), view.facts().get().podSubnets());
        }
    }

    @Test
    void podsOfKubeSystemAndOfTheHostNetworkDoNotCount() throws Exception {
        cluster.addEcho();
        cluster.add(
                """
                {apiVersion: v1, kind: Pod, metadata: {name: dns, namespace: kube-system}, spec: {containers: []},
                 status: {podIPs: [{ip: 172.30.0.1}]}}
                ---
                {apiVersion: v1, kind: Pod, metadata: {name: host}, spec: {hostNetwork: true, containers: []},
                 status: {podIPs: [{ip: 172.31.0.1}]}}
                """);
        try (ClusterNetwork view = view("coverPodIPs", List.of())) {
            assertEquals(
                    List.of(Cidr.parseSubnet("10.244.0.0/24")),
                    view.facts().get().podSubnets());
        }
    }

    @Test
    void changesArePushed() throws Exception {
        BlockingQueue<List<String>> seen = new LinkedBlockingQueue<>();
        try (ClusterNetwork view = view("auto", List.of());
                AutoCloseable watch = view.facts().watch(f -> seen.add(f.namespaces()))) {
            assertEquals(List.of("default"), seen.poll(5, TimeUnit.SECONDS));
            cluster.add("{kind: Namespace, apiVersion: v1, metadata: {name: other}}");
            assertEquals(List.of("default", "other"), seen.poll(5, TimeUnit.SECONDS));
            assertFalse(watch.toString().isEmpty());
        }
    }

    /** What the subnets depend on is all that is looked at, and every change of it is seen. */
    @Test
    void aPodWithAnotherAddressIsSeen() throws Exception {
        cluster.addEcho();
        BlockingQueue<List<Cidr>> seen = new LinkedBlockingQueue<>();
        try (ClusterNetwork view = view("auto", List.of());
                AutoCloseable watch = view.facts().watch(f -> seen.add(f.podSubnets()))) {
            assertEquals(List.of(Cidr.parseSubnet("10.244.0.0/24")), seen.poll(5, TimeUnit.SECONDS));
            cluster.add(
                    """
                    {apiVersion: v1, kind: Pod, metadata: {name: far}, spec: {containers: []},
                     status: {podIPs: [{ip: 10.250.0.1}]}}
                    """);
            assertEquals(
                    List.of(Cidr.parseSubnet("10.244.0.0/24"), Cidr.parseSubnet("10.250.0.0/24")),
                    seen.poll(5, TimeUnit.SECONDS));
            cluster.add("{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDRs: [10.240.0.0/12]}}");
            assertEquals(List.of(Cidr.parseSubnet("10.240.0.0/12")), seen.poll(5, TimeUnit.SECONDS), watch::toString);
        }
    }

    @Test
    void manyScatteredAddressesStayFewSubnets() {
        List<InetAddress> ips = java.util.stream.IntStream.range(0, 200)
                .mapToObj(i -> InetAddress.ofLiteral("10.244." + i + ".7"))
                .toList();
        List<Cidr> cover = Subnets.coverPods(ips);
        assertTrue(cover.size() <= Subnets.MOST, cover::toString);
        assertTrue(ips.stream().allMatch(ip -> cover.stream().anyMatch(c -> c.contains(ip))));
        assertEquals(
                List.of(Cidr.parseSubnet("10.0.0.0/16"), Cidr.parseSubnet("fd00:0:0:0:0:0:0:0/64")),
                Subnets.merge(List.of(
                        Cidr.parseSubnet("10.0.0.0/16"),
                        Cidr.parseSubnet("10.0.3.0/24"),
                        Cidr.parseSubnet("fd00::/64"))));
    }

    private ClusterNetwork view(String strategy, List<Cidr> given) {
        ClusterNetwork view = new ClusterNetwork(
                new ClusterNetwork.Settings("ambassador", List.of(), strategy, given, "agent-injector", DNS),
                cluster.stores,
                List::of);
        view.start();
        return view;
    }
}

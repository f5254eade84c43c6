package io.telepresence.manager.network;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Transport;
import io.telepresence.base.Cidr;
import io.telepresence.manager.cluster.FakeCluster;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReachPolicyTest {
    private static final NetworkFacts FACTS = new NetworkFacts(
            List.of(Cidr.parse("10.96.0.0/16")),
            List.of(Cidr.parse("10.244.0.0/16")),
            "cluster.local",
            Optional.of(InetAddress.ofLiteral("10.96.0.10")),
            Optional.empty(),
            List.of(),
            List.of());

    private final FakeCluster cluster = new FakeCluster();

    @BeforeEach
    void fill() {
        cluster.add(
                """
                {apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [
                  {type: InternalIP, address: 192.0.2.1}, {type: ExternalIP, address: "2001:db8::1"}, {type: Hostname, address: n1}]}}
                ---
                {apiVersion: v1, kind: Service, metadata: {name: echo}, spec: {clusterIPs: [10.96.1.1]}}
                ---
                {apiVersion: v1, kind: Service, metadata: {name: traffic-manager, namespace: ambassador}, spec: {clusterIP: 10.96.9.9}}
                """);
        pod("echo", "10.244.0.5", "n1", "", "containers: [{name: c, ports: [{containerPort: 8080}]}]");
    }

    private void pod(String name, String ip, String node, String more, String containers) {
        cluster.add("{apiVersion: v1, kind: Pod, metadata: {name: " + name + "}, spec: {nodeName: " + node + ", " + more
                + containers + "}, status: {phase: Running, podIP: " + ip + ", podIPs: [{ip: " + ip + "}]}}");
    }

    private ReachPolicy policy(List<String> namespaces, String... allow) {
        return ReachPolicy.follow(
                cluster.stores,
                () -> FACTS,
                new ReachPolicy.Settings(
                        Stream.of(allow).map(Cidr::parse).toList(),
                        namespaces,
                        new ReachPolicy.Own("ambassador", "traffic-manager-1", List.of("traffic-manager")),
                        List.of(InetAddress.ofLiteral("10.244.0.9")),
                        List.of(InetAddress.ofLiteral("10.96.0.1"))));
    }

    private static boolean tcp(ReachPolicy policy, String ip, int port) {
        return policy.mayDial(Transport.TCP, new InetSocketAddress(InetAddress.ofLiteral(ip), port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "fe80::1",
                "168.63.129.16",
                "100.100.100.200",
                "::ffff:100.100.100.200",
                "192.0.0.192",
                "fd00:ec2::254",
                "fd00:ec2::23",
                "fd20:ce::254"
            })
    void aMetadataServiceIsReachedOnlyWhereTheAdministratorSaysSo(String ip) throws Exception {
        try (ReachPolicy none = policy(List.of());
                ReachPolicy all = policy(List.of(), "0.0.0.0/0", "::/0")) {
            assertFalse(tcp(none, ip, 80));
            assertFalse(none.mayPing(InetAddress.ofLiteral(ip)));
            assertTrue(tcp(all, ip, 80));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "::1",
                "::ffff:127.0.0.1",
                "0.0.0.0",
                "::",
                "224.0.0.1",
                "ff02::1",
                "255.255.255.255"
            })
    void whatIsNoDestinationIsNeverReached(String ip) throws Exception {
        try (ReachPolicy all = policy(List.of(), "0.0.0.0/0", "::/0")) {
            assertFalse(tcp(all, ip, 8082));
        }
    }

    @Test
    void theManagerItselfIsNotReached() throws Exception {
        try (ReachPolicy policy = policy(List.of())) {
            assertFalse(tcp(policy, "10.244.0.9", 8081));
            assertFalse(tcp(policy, "10.96.9.9", 8081));
        }
        try (ReachPolicy policy = policy(List.of(), "10.244.0.9")) {
            assertTrue(tcp(policy, "10.244.0.9", 8081));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1", "2001:db8::1"})
    void ofANodeOnlyWhatPodsDeclareThereIsReached(String ip) throws Exception {
        pod(
                "exporter",
                "192.0.2.1",
                "n1",
                "hostNetwork: true, ",
                "containers: [{name: c, ports: [{containerPort: 9100}]}]");
        pod(
                "dns",
                "10.244.0.6",
                "n1",
                "",
                "containers: [{name: c, ports: [{containerPort: 53, hostPort: 5353, protocol: UDP}]}]");
        pod(
                "away",
                "192.0.2.2",
                "n2",
                "hostNetwork: true, ",
                "containers: [{name: c, ports: [{containerPort: 9200}]}]");
        try (ReachPolicy policy = policy(List.of())) {
            assertFalse(tcp(policy, ip, 10_250));
            assertTrue(tcp(policy, ip, 9100));
            assertFalse(tcp(policy, ip, 9200), "of another node");
            assertFalse(tcp(policy, ip, 8080), "inside a pod's own network");
            assertFalse(tcp(policy, ip, 5353), "UDP");
            assertTrue(policy.mayDial(Transport.UDP, new InetSocketAddress(InetAddress.ofLiteral(ip), 5353)));
            assertFalse(policy.mayPing(InetAddress.ofLiteral(ip)));
        }
        try (ReachPolicy policy = policy(List.of(), ip)) {
            assertTrue(tcp(policy, ip, 10_250));
            assertTrue(policy.mayPing(InetAddress.ofLiteral(ip)));
        }
    }

    @Test
    void aHostPortOfOneAddressIsNotAnothers() throws Exception {
        pod(
                "one",
                "10.244.0.7",
                "n1",
                "",
                "containers: [{name: c, ports: [{containerPort: 80, hostPort: 8000, hostIP: 192.0.2.1}]}]");
        try (ReachPolicy policy = policy(List.of())) {
            assertTrue(tcp(policy, "192.0.2.1", 8000));
            assertFalse(tcp(policy, "2001:db8::1", 8000));
        }
    }

    @Test
    void aManagerInTheNodesNetworkOpensNothingOfItsOwn() throws Exception {
        cluster.add(
                "{apiVersion: v1, kind: Pod, metadata: {name: traffic-manager-1, namespace: ambassador}, spec: {nodeName: n1,"
                        + " hostNetwork: true, containers: [{name: c, ports: [{containerPort: 8081}]}]},"
                        + " status: {phase: Running, podIPs: [{ip: 192.0.2.1}]}}");
        try (ReachPolicy policy = policy(List.of())) {
            assertFalse(tcp(policy, "192.0.2.1", 8081));
        }
    }

    @Test
    void nodesComeAndGo() throws Exception {
        try (ReachPolicy policy = policy(List.of())) {
            assertTrue(tcp(policy, "192.0.2.2", 10_250), "as from a pod");
            cluster.add(
                    "{apiVersion: v1, kind: Node, metadata: {name: n2}, status: {addresses: [{type: InternalIP, address: 192.0.2.2}]}}");
            assertFalse(tcp(policy, "192.0.2.2", 10_250));
            cluster.nodes.remove(cluster.nodes.get("", "n2").orElseThrow());
            assertTrue(tcp(policy, "192.0.2.2", 10_250));
        }
    }

    @Test
    void whereAllNamespacesAreManagedPodsAndServicesAreReached() throws Exception {
        try (ReachPolicy policy = policy(List.of())) {
            assertTrue(tcp(policy, "10.244.7.7", 80));
            assertTrue(tcp(policy, "10.96.7.7", 80));
            assertTrue(tcp(policy, "203.0.113.1", 443));
            assertTrue(policy.mayPing(InetAddress.ofLiteral("10.244.7.7")));
        }
    }

    @Test
    void elseOnlyThoseOfManagedNamespacesAndTheApiServerAndTheClustersDns() throws Exception {
        try (ReachPolicy policy = policy(List.of("default"))) {
            assertTrue(tcp(policy, "10.244.0.5", 8080));
            assertTrue(tcp(policy, "10.96.1.1", 80));
            assertTrue(tcp(policy, "10.96.0.1", 443), "the API server");
            assertTrue(tcp(policy, "10.96.0.10", 53), "the cluster's DNS");
            assertTrue(tcp(policy, "203.0.113.1", 443), "outside the cluster");
            assertFalse(tcp(policy, "10.244.7.7", 80));
            assertFalse(tcp(policy, "10.96.7.7", 80));
            pod("new", "10.244.7.7", "n1", "", "containers: [{name: c}]");
            assertTrue(tcp(policy, "10.244.7.7", 80));
            cluster.pods.remove(cluster.pods.get("default", "new").orElseThrow());
            assertFalse(tcp(policy, "10.244.7.7", 80));
        }
        try (ReachPolicy policy = policy(List.of("default"), "10.96.7.0/24")) {
            assertTrue(tcp(policy, "10.96.7.7", 80));
            assertFalse(tcp(policy, "10.96.8.7", 80));
        }
    }
}

package io.telepresence.rootd.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.base.Cidr;
import io.telepresence.rootd.host.FakeHost;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The laptop: 192.168.1.5 behind the router 192.168.1.1, and a company VPN that has 10.8.0.0/16. */
class PlannerTest {
    private static final String LAPTOP =
            """
            addr 192.168.1.5/24 dev eth0
            addr 10.8.0.3/32 dev vpn0
            route default via 192.168.1.1 dev eth0 src 192.168.1.5
            route 10.8.0.0/16 dev vpn0
            route 192.168.1.0/24 dev eth0 src 192.168.1.5
            """;

    @ParameterizedTest(name = "cluster {0} also {1} never {2} allow {3} api {4}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            # cluster                    | also         | never          | allow       | api        | routes; kept; left out
            10.96.0.0/16 10.244.0.0/16   |              |                |             |            | 10.96.0.0/16 10.244.0.0/16 ; ;
            10.96.0.0/16 10.96.3.0/24    |              |                |             |            | 10.96.0.0/16 ; ;
            10.96.0.0/16                 | 172.20.0.0/16 10.96.4.0/24 | |          |            | 10.96.0.0/16 172.20.0.0/16 ; ;
            10.96.0.0/16                 |              | 10.96.7.0/24   |             |            | 10.96.0.0/16 ; 10.96.7.0/24 via 192.168.1.1 dev eth0 src 192.168.1.5 ;
            10.96.0.0/16                 |              | 172.16.0.0/12  |             |            | 10.96.0.0/16 ; ;
            10.96.0.0/16                 |              | 10.96.0.0/12   |             |            | ; ; 10.96.0.0/16
            10.96.0.0/16                 | 172.20.1.0/24 | 172.20.0.0/16 |             |            | 10.96.0.0/16 172.20.1.0/24 ; ;
            10.96.0.0/16                 | 172.20.0.0/16 | 172.20.0.0/16 |             |            | 10.96.0.0/16 ; ; 172.20.0.0/16
            172.20.0.0/16                | 172.20.1.128/25 | 172.20.1.0/24 |           |            | 172.20.0.0/16 172.20.1.128/25 ; 172.20.1.0/24 via 192.168.1.1 dev eth0 src 192.168.1.5 ;
            10.96.0.0/16                 |              |                |             | 10.96.0.7  | 10.96.0.0/16 ; 10.96.0.7/32 via 192.168.1.1 dev eth0 src 192.168.1.5 ;
            10.0.0.0/8                   |              |                |             |            | ; ; 10.0.0.0/8
            10.8.0.0/16                  |              |                |             |            | ; ; 10.8.0.0/16
            10.8.4.0/24                  |              |                |             |            | ; ; 10.8.4.0/24
            10.8.4.0/24                  |              |                | 10.8.4.0/24 |            | 10.8.4.0/24 ; ;
            10.8.0.0/16                  |              |                | 10.8.0.0/16 |            | 10.8.0.0/16! ; ;
            10.0.0.0/8                   |              |                | 10.0.0.0/8  |            | 10.0.0.0/8 10.8.0.0/16! ; ;
            192.168.0.0/16               |              |                | 192.168.0.0/16 |         | 192.168.0.0/16 192.168.1.0/24! ; 192.168.1.1/32 dev eth0 src 192.168.1.5 ;
            127.0.0.0/8                  | 0.0.0.0/0    |                | 0.0.0.0/0   |            | ; ; 127.0.0.0/8 0.0.0.0/0
            100.127.255.0/25             |              |                |             |            | 100.127.255.0/25 ; ;
            fd00:96::/112                |              |                |             |            | ; ; fd00:96::/112
            """)
    void plan(String cluster, String also, String never, String allow, String api, String want) throws Exception {
        ProxyRules rules = new ProxyRules(cidrs(cluster), cidrs(also), cidrs(never), cidrs(allow), addresses(api));
        HostView view = HostView.read(new FakeHost(LAPTOP), "tel0", Set.of());
        NetworkPlan plan = Planner.plan(rules, view, TunPrefixes.choose(rules, view));
        assertEquals(want.strip(), text(plan).strip());
    }

    @Test
    void theResolverStaysReachable() throws Exception {
        FakeHost host = new FakeHost(LAPTOP);
        host.file("/etc/resolv.conf", "# mine\n; too\nnameserver 172.20.0.53 ; the company's\nnameserver nonsense\n");
        ProxyRules rules = new ProxyRules(cidrs("172.20.0.0/16"), List.of(), List.of(), List.of(), List.of());
        HostView view = HostView.read(host, "tel0", Set.of());
        NetworkPlan plan = Planner.plan(rules, view, TunPrefixes.choose(rules, view));
        assertEquals(
                "172.20.0.0/16 ; 172.20.0.53/32 via 192.168.1.1 dev eth0 src 192.168.1.5 ;",
                text(plan).strip());
    }

    @Test
    void ourPrefixesAreFree() throws Exception {
        FakeHost host = new FakeHost(LAPTOP + "route 100.127.255.0/24 dev other0\n");
        host.file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "0\n");
        ProxyRules rules = new ProxyRules(cidrs("100.127.254.128/25"), List.of(), List.of(), List.of(), List.of());
        TunPrefixes prefixes = TunPrefixes.choose(rules, HostView.read(host, "tel0", Set.of()));
        assertEquals("[100.127.253.0/24, fd74:656c:1::/64]", prefixes.all().toString());
    }

    private static List<Cidr> cidrs(String text) {
        return text == null
                ? List.of()
                : Stream.of(text.split(" ")).map(Cidr::parse).toList();
    }

    private static List<InetAddress> addresses(String text) {
        return text == null
                ? List.of()
                : Stream.of(text.split(" ")).map(Cidr::literal).toList();
    }

    private static String text(NetworkPlan plan) {
        String routes = plan.routes().stream()
                .map(r -> r.subnet() + (r.first() ? "!" : ""))
                .collect(Collectors.joining(" "));
        String kept = plan.kept().stream().map(Object::toString).collect(Collectors.joining(", "));
        String left = plan.leftOut().stream().map(l -> l.subnet().toString()).collect(Collectors.joining(" "));
        return routes + " ; " + (kept.isEmpty() ? "" : kept + " ") + "; " + left;
    }
}

package io.telepresence.rootd.dns;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.base.Cidr;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.Type;

class NameRulesTest {
    private static final DnsSettings SETTINGS = new DnsSettings(
            "cluster.local.",
            "shop",
            List.of("shop", "staging", "dev"),
            false,
            List.of(".corp.example.com", "example.io"),
            List.of(".com", ".io", ".arpa"),
            List.of("secret", "hidden.dev"),
            Map.of("db.local-name", "postgres.dev", "fixed.example.com", "192.0.2.9"),
            List.of(Cidr.parse("10.96.0.0/12"), Cidr.parse("fd00:96::/112")),
            List.of(Cidr.literal("100.127.255.1")));

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            # this machine
            localhost                            | 127.0.0.1,::1
            app.localhost                        | 127.0.0.1,::1
            # never the cluster's
            wpad                                 | local
            wpad.fritz.box                       | local
            wpad.tel2-search                     | nothing
            b._dns-sd._udp.0.1.168.192.example   | local
            secret                               | local
            secret.tel2-search                   | nothing
            secret.shop.svc.cluster.local        | nothing
            hidden.dev                           | local
            # single labels
            web                                  | web.shop.svc.cluster.local, else local
            WEB.                                 | web.shop.svc.cluster.local, else local
            web.tel2-search                      | web.shop.svc.cluster.local
            _http._tcp.web                       | _http._tcp.web.shop.svc.cluster.local, else local
            # excluded and included suffixes
            www.example.com                      | local
            db.corp.example.com                  | db.corp.example.com, else local
            api.example.io                       | api.example.io, else local
            api.other.io                         | local
            www.example.com.shop                 | local
            www.example.com.shop.svc.cluster.local | nothing
            www.example.com.tel2-search          | nothing
            # namespaces, svc, cluster domain
            web.staging                          | web.staging.svc.cluster.local, else local
            web.staging.tel2-search              | web.staging.svc.cluster.local
            pod-0.web.staging                    | pod-0.web.staging.svc.cluster.local, else local
            pod-0.web.tel2-search                | pod-0.web.shop.svc.cluster.local
            web.dev.svc                          | web.dev.svc.cluster.local
            web.other.svc                        | web.other.svc.cluster.local
            web.other.svc.cluster.local          | web.other.svc.cluster.local
            10-244-0-7.other.pod.cluster.local   | 10-244-0-7.other.pod.cluster.local
            web.unmapped                         | local
            notdev                               | notdev.shop.svc.cluster.local, else local
            www.notdev                           | local
            # namespaces that are public top-level domains; the connected one is
            web.dev                              | local, else web.dev.svc.cluster.local
            pod-0.web.dev                        | local, else pod-0.web.dev.svc.cluster.local
            Example.DEV.                         | local, else example.dev.svc.cluster.local
            web.dev.tel2-search                  | nothing
            web.dev.shop                         | web.dev.shop.svc.cluster.local, else local
            web.shop                             | web.shop.svc.cluster.local, else local
            dev                                  | dev.shop.svc.cluster.local, else local
            _http._tcp.dev                       | local, else _http._tcp.dev.shop.svc.cluster.local
            # mapped names
            fixed.example.com                    | 192.0.2.9
            db.local-name                        | alias postgres.dev
            db.local-name.tel2-search            | alias postgres.dev
            # reverse names
            10.0.96.10.in-addr.arpa              | 10.0.96.10.in-addr.arpa
            1.255.127.100.in-addr.arpa           | pointer cluster.local
            1.0.168.192.in-addr.arpa             | local
            96.10.in-addr.arpa                   | local
            """)
    void whose(String name, String want) {
        assertEquals(want, text(new NameRules(SETTINGS).decide(name, Type.A)));
    }

    @Test
    void aNamespaceThatTheUserNamedComesFirst() {
        String cluster = "web.dev.svc.cluster.local, else local";
        assertEquals(cluster, text(new NameRules(settings("shop", true, List.of())).decide("web.dev", Type.A)));
        assertEquals(cluster, text(new NameRules(settings("dev", false, List.of())).decide("web.dev", Type.A)));
        assertEquals(
                "web.dev.svc.cluster.local,web.dev, else local",
                text(new NameRules(settings("shop", false, List.of("dev"))).decide("web.dev", Type.A)));
    }

    private static DnsSettings settings(String namespace, boolean mapped, List<String> includeSuffixes) {
        return new DnsSettings(
                "cluster.local",
                namespace,
                List.of("shop", "dev"),
                mapped,
                includeSuffixes,
                List.of(),
                List.of(),
                Map.of(),
                List.of(),
                List.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "app", "de", "ai", "com", "prod", "shop", "xn--p1ai", "aaa", "zw"})
    void publicTopLevelDomains(String label) {
        assertTrue(TopLevelDomains.contains(label));
    }

    @ParameterizedTest
    @ValueSource(strings = {"staging", "default", "test", "local", "internal", "kube-system", "svc", "#", ""})
    void noPublicTopLevelDomains(String label) {
        assertFalse(TopLevelDomains.contains(label));
    }

    @Test
    void topLevelDomainsAreNotServices() {
        assertEquals("local", text(new NameRules(SETTINGS).decide("dev", Type.NS)));
    }

    @Test
    void domainsForTheMachine() {
        List<String> domains = new NameRules(SETTINGS).domains();
        assertTrue(domains.containsAll(List.of(
                "cluster.local",
                "svc",
                "shop",
                "dev",
                "corp.example.com",
                "example.io",
                "db.local-name",
                "96.10.in-addr.arpa",
                "111.10.in-addr.arpa")));
        assertTrue(domains.contains("0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa"));
    }

    private static String text(NameDecision verdict) {
        return switch (verdict) {
            case NameDecision.Local l -> "local";
            case NameDecision.NoSuchName n -> "nothing";
            case NameDecision.Addresses a ->
                a.addresses().stream().map(Cidr::text).collect(Collectors.joining(","));
            case NameDecision.Pointer p -> "pointer " + p.target();
            case NameDecision.Alias a -> "alias " + a.target();
            case NameDecision.LocalFirst l -> "local, else " + String.join(",", l.names());
            case NameDecision.Cluster c -> String.join(",", c.names()) + (c.elseLocal() ? ", else local" : "");
        };
    }
}

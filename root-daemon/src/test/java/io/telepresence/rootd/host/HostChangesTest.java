package io.telepresence.rootd.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.base.Cidr;
import io.telepresence.rootd.host.LinuxRoutes.OwnAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostChangesTest {
    private static final BypassRoute KEPT = new BypassRoute(
            Cidr.parse("10.96.7.0/24"),
            Optional.of(Cidr.literal("192.168.1.1")),
            Optional.of("eth0"),
            Optional.of(Cidr.literal("192.168.1.5")));

    @TempDir
    Path directory;

    private final FakeHost host = new FakeHost("");

    @Test
    void routesAreTheWishAndStayTheSameWhenAppliedTwice() throws Exception {
        LinuxRoutes routes = new LinuxRoutes(host, new UndoJournal(directory, host), "tel0");
        routes.up(1500, List.of(new OwnAddress(Cidr.literal("100.127.255.1"), Cidr.parse("100.127.255.0/24"))));
        Set<TunRoute> wish = Set.of(new TunRoute(Cidr.parse("10.96.0.0/16"), false));
        routes.apply(wish, Set.of(KEPT));
        routes.apply(wish, Set.of(KEPT));
        assertEquals(
                """
                addr 100.127.255.1/24 dev tel0 noprefixroute
                link dev tel0 mtu 1500 up
                route 10.96.0.0/16 dev tel0 congctl cubic
                route 10.96.7.0/24 via 192.168.1.1 dev eth0 src 192.168.1.5
                route 100.127.255.0/24 dev tel0 congctl cubic"""
                        .strip(),
                host.describe());
        routes.apply(Set.of(new TunRoute(Cidr.parse("10.8.0.0/16"), true)), Set.of());
        assertTrue(host.describe().contains("route first 10.8.0.0/16 dev tel0"));
        assertFalse(host.describe().contains("10.96."));
    }

    @Test
    void aBatchThatFailsHalfwayLeavesNoRouteBehind() throws Exception {
        LinuxRoutes routes = new LinuxRoutes(host, new UndoJournal(directory, host), "tel0");
        host.refuse("route append 10.3.0.0/16");
        assertThrows(
                IOException.class, () -> routes.apply(inOrder("10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"), Set.of()));
        assertEquals("", host.describe());
        host.refuse("");
        routes.apply(inOrder("10.1.0.0/16"), Set.of());
        assertEquals("route 10.1.0.0/16 dev tel0", host.describe());
        routes.apply(Set.of(), Set.of());
        assertEquals("", host.describe());
    }

    /** Of a kernel that knows the congestion control for one family only, say. */
    @Test
    void whatNeedsTwoTriesIsThereOnce() throws Exception {
        LinuxRoutes routes = new LinuxRoutes(host, new UndoJournal(directory, host), "tel0");
        host.refuse("route append 10.2.0.0/16 dev tel0 congctl");
        routes.apply(inOrder("10.1.0.0/16", "10.2.0.0/16"), Set.of());
        assertEquals("route 10.1.0.0/16 dev tel0\nroute 10.2.0.0/16 dev tel0", host.describe());
    }

    /** Somebody else has such a route already: it is not ours to take away. */
    @Test
    void anExceptionThatCannotBeSetIsNotUndone() throws Exception {
        UndoJournal log = new UndoJournal(directory, host);
        LinuxRoutes routes = new LinuxRoutes(host, log, "tel0");
        host.refuse("route add");
        routes.apply(Set.of(), Set.of(KEPT));
        assertFalse(Files.exists(directory.resolve(UndoJournal.NAME)), "nothing is left to undo");
        host.refuse("");
        routes.apply(Set.of(), Set.of(KEPT));
        assertTrue(host.describe().contains("10.96.7.0/24"), "it is tried again");
        log.undoAll();
        assertEquals("", host.describe());
    }

    @Test
    void theLastChangeIsTakenBackFirst() throws Exception {
        UndoJournal log = new UndoJournal(directory, host);
        for (int i = 1; i <= 3; i++) {
            log.record(List.of("ip", "route", "del", "10." + i + ".0.0/16"));
        }
        assertEquals(3, Files.readAllLines(directory.resolve(UndoJournal.NAME)).size());
        log.undoAll();
        assertEquals(
                List.of("ip route del 10.3.0.0/16", "ip route del 10.2.0.0/16", "ip route del 10.1.0.0/16"),
                host.changes());
        log.undoAll();
        assertEquals(3, host.changes().size(), "once");
    }

    /** The program hung, say: the change is still there. */
    @Test
    void whatCouldNotBeTakenBackIsTriedAgain() throws Exception {
        UndoJournal log = new UndoJournal(directory, host);
        RedirectDns dns = new RedirectDns(host, log);
        dns.apply(wish("192.168.1.1"));
        host.without("nft");
        dns.close();
        log.undoAll();
        assertTrue(Files.exists(directory.resolve(UndoJournal.NAME)), "a successor would find it");
        host.program("nft");
        log.undoAll();
        assertEquals("", host.describe());
        assertFalse(Files.exists(directory.resolve(UndoJournal.NAME)));
    }

    @Test
    void withoutNftTheRedirectionIsOneOfIptables() throws Exception {
        host.without("nft").program("iptables");
        UndoJournal log = new UndoJournal(directory, host);
        RedirectDns dns = new RedirectDns(host, log);
        dns.apply(wish("192.168.1.1"));
        assertEquals(
                """
                iptables nat OUTPUT -j TELEPRESENCE_DNS
                iptables nat TELEPRESENCE_DNS
                iptables nat TELEPRESENCE_DNS -m mark --mark 8276 -j RETURN
                iptables nat TELEPRESENCE_DNS -p tcp -d 192.168.1.1 --dport 53 -j DNAT --to-destination 100.127.255.1:53
                iptables nat TELEPRESENCE_DNS -p udp -d 192.168.1.1 --dport 53 -j DNAT --to-destination 100.127.255.1:53"""
                        .strip(),
                host.describe());
        dns.close();
        assertEquals("", host.describe());
        assertFalse(Files.exists(directory.resolve(UndoJournal.NAME)));
    }

    @Test
    void aRedirectionThatFailsHalfwayIsTakenBack() throws Exception {
        host.without("nft").program("iptables");
        RedirectDns dns = new RedirectDns(host, new UndoJournal(directory, host));
        host.refuse("-I OUTPUT");
        assertThrows(IOException.class, () -> dns.apply(wish("192.168.1.1")));
        dns.close();
        assertEquals("", host.describe());
    }

    private static Set<TunRoute> inOrder(String... subnets) {
        Set<TunRoute> routes = new LinkedHashSet<>();
        for (String subnet : subnets) {
            routes.add(new TunRoute(Cidr.parse(subnet), false));
        }
        return routes;
    }

    @Test
    void aKilledDaemonsChangesAreUndoneAtTheNextStart() throws Exception {
        UndoJournal killed = new UndoJournal(directory, host);
        LinuxRoutes routes = new LinuxRoutes(host, killed, "tel0");
        routes.apply(Set.of(), Set.of(KEPT));
        new RedirectDns(host, killed).apply(wish("192.168.1.1"));
        assertEquals(
                """
                nft inet telepresence ip daddr 192.168.1.1 tcp dport 53 dnat ip to 100.127.255.1:53
                nft inet telepresence ip daddr 192.168.1.1 udp dport 53 dnat ip to 100.127.255.1:53
                route 10.96.7.0/24 via 192.168.1.1 dev eth0 src 192.168.1.5""",
                host.describe());
        Path journal = directory.resolve(UndoJournal.NAME);
        assertEquals(PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(journal));
        assertEquals(2, UndoJournal.undoLeftOvers(directory, host));
        assertEquals("", host.describe());
        assertFalse(Files.exists(journal));
    }

    @Test
    void closingTakesBackAndForgets() throws Exception {
        UndoJournal log = new UndoJournal(directory, host);
        RedirectDns dns = new RedirectDns(host, log);
        dns.apply(wish("192.168.1.1"));
        dns.apply(wish("10.0.0.2"));
        assertTrue(host.describe().contains("10.0.0.2"));
        assertFalse(host.describe().contains("192.168.1.1"));
        dns.close();
        assertEquals("", host.describe());
        assertFalse(Files.exists(directory.resolve(UndoJournal.NAME)));
    }

    @Test
    void onlyALocalForwarderIsRedirected() {
        var router = new InetSocketAddress("192.168.1.1", 53);
        var forwarder = new InetSocketAddress("127.0.0.1", 53);
        assertEquals(List.of(forwarder), RedirectDns.targets(List.of(router, forwarder)));
        assertEquals(List.of(router), RedirectDns.targets(List.of(router)));
    }

    @Test
    void resolvedGetsDomainsAndGivesThemBack() throws Exception {
        host.program("resolvectl").file("/etc/resolv.conf", "nameserver 127.0.0.53\n");
        assertTrue(HostDns.resolvedRuns(host));
        ResolvedDns dns = new ResolvedDns(host);
        dns.apply(wish("127.0.0.53"));
        assertTrue(host.describe().contains("resolve tel0 domain tel2-search ~cluster.local ~svc"));
        assertTrue(host.describe().contains("resolve tel0 dns 100.127.255.1"));
        dns.close();
        assertEquals("", host.describe());
    }

    @Test
    void resolvedThatNobodyAsksDoesNotCount() {
        host.program("resolvectl").file("/etc/resolv.conf", "nameserver 192.168.1.1\n");
        assertFalse(HostDns.resolvedRuns(host));
    }

    @Test
    void shellLinesComeBack() {
        List<String> words = List.of("sh", "-c", "it's \"a\" $test \\ x", "");
        assertEquals(words, Shell.words(Shell.line(words)));
    }

    /** Docker redirects 127.0.0.11 in a container with the usual priority, -100. */
    @Test
    void theRedirectionComesBeforeDockersOwn() throws Exception {
        List<String> inputs = new ArrayList<>();
        HostCommands recording = new HostCommands() {
            @Override
            public Result run(String input, List<String> command) throws IOException {
                inputs.add(input);
                return host.run(input, command);
            }

            @Override
            public boolean has(String program) {
                return host.has(program);
            }

            @Override
            public String read(Path file) throws IOException {
                return host.read(file);
            }
        };
        new RedirectDns(recording, new UndoJournal(directory, recording)).apply(wish("127.0.0.11"));
        Matcher priority = Pattern.compile("hook output priority (-?\\d+);").matcher(String.join("\n", inputs));
        assertTrue(priority.find(), inputs::toString);
        assertTrue(Integer.parseInt(priority.group(1)) < -100, priority.group());
    }

    private static HostDnsConfig wish(String nameserver) {
        return new HostDnsConfig(
                "tel0",
                List.of(Cidr.literal("100.127.255.1")),
                List.of("cluster.local", "svc"),
                "tel2-search",
                List.of(new InetSocketAddress(nameserver, 53)));
    }
}

package io.telepresence.rootd.session;

import io.netty.channel.EventLoopGroup;
import io.telepresence.base.AddressText;
import io.telepresence.local.Loops;
import io.telepresence.rootd.dns.ClusterLookup;
import io.telepresence.rootd.dns.DnsServer;
import io.telepresence.rootd.dns.DnsSettings;
import io.telepresence.rootd.dns.Nameservers;
import io.telepresence.rootd.dns.Resolver;
import io.telepresence.rootd.host.HostCommands;
import io.telepresence.rootd.host.HostDns;
import io.telepresence.rootd.host.HostDnsConfig;
import io.telepresence.rootd.host.HostNetwork;
import io.telepresence.rootd.host.NoHostDns;
import io.telepresence.rootd.host.RedirectDns;
import io.telepresence.rootd.host.ResolvConfFile;
import io.telepresence.rootd.host.ResolvedDns;
import io.telepresence.run.Closers;
import io.telepresence.run.Threads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Names of one session: our DNS server, the nameservers behind it, and what makes this machine ask us. After each change
 * of the machine it is checked that questions reach us and that public names still resolve; if they do not, the machine
 * gets its own DNS back. One thread at a time, but for {@link #state}.
 */
final class SessionDns implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SessionDns.class);
    /** Where systemd-resolved lists the nameservers of all links. */
    private static final Path UPLINKS = Path.of("/run/systemd/resolve/resolv.conf");

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration PROBE = Duration.ofSeconds(1);
    /** The same after a change of this machine: on a busy one a question and its answer may take seconds. */
    static final Duration BUSY_PROBE = Duration.ofSeconds(6);

    private static final int DNS_PORT = 53;

    private final Host machine;
    private final List<InetAddress> addresses;
    private final String device;
    private final Nameservers upstream;
    private final Resolver resolver;
    private final Closers opened = new Closers();
    private volatile State state = new State("none", "", "");
    private CompletableFuture<Boolean> publicBefore;

    /**
     * @param mode as in {@link HostDns#mode}
     * @param error empty: names resolve
     * @param remote whom names outside the cluster go to
     */
    record State(String mode, String error, String remote) {}

    private HostDns hostDns = new NoHostDns();

    private SessionDns(
            Host machine, String device, List<InetAddress> addresses, Nameservers upstream, Resolver resolver) {
        this.machine = machine;
        this.device = device;
        this.addresses = addresses;
        this.upstream = upstream;
        this.resolver = resolver;
    }

    /** Starts to find out whether public names resolve on this machine; to be asked before anything is changed. */
    static CompletableFuture<Boolean> publicNamesNow(HostCommands host, List<InetSocketAddress> nameservers) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        Threads.virtual("public-names", () -> {
            boolean known = false;
            try {
                known = publicNames(asked(nameservers, HostDns.resolvedRuns(host)), PROBE);
            } finally {
                answer.complete(known);
            }
        });
        return answer;
    }

    /**
     * Starts the server; the machine does not ask it yet.
     *
     * @param publicBefore what {@link #publicNamesNow} found out
     */
    static SessionDns open(
            Host machine,
            String device,
            List<InetAddress> addresses,
            ClusterLookup lookup,
            CompletableFuture<Boolean> publicBefore)
            throws IOException {
        DnsSettings settings = ConfigTranslator.noDns(addresses);
        EventLoopGroup loops = Loops.create("dns", 1);
        Nameservers upstream = new Nameservers(loops, RedirectDns.MARK, PATIENCE, List.of());
        Resolver resolver = new Resolver(settings, lookup, upstream, System::nanoTime);
        SessionDns dns = new SessionDns(machine, device, addresses, upstream, resolver);
        dns.publicBefore = publicBefore;
        dns.opened.add(() -> Loops.shutdown(loops));
        try {
            List<InetSocketAddress> listen = Stream.concat(addresses.stream(), others(machine, device))
                    .map(a -> new InetSocketAddress(a, machine.devices().dnsPort()))
                    .toList();
            dns.opened.add(DnsServer.open(loops, listen, resolver));
            return dns;
        } catch (IOException e) {
            dns.opened.closeAfter(e);
            throw e;
        }
    }

    /** Where other machines ask, if this one is their gateway. Each address by itself: answers come from where was asked. */
    private static Stream<InetAddress> others(Host machine, String device) throws IOException {
        if (!machine.gateway()) {
            return Stream.empty();
        }
        return HostNetwork.addresses(machine.host()).stream()
                .filter(a -> !a.device().equals(device))
                .map(HostNetwork.Address::address)
                .filter(a -> !a.isLoopbackAddress() && !a.isLinkLocalAddress());
    }

    State state() {
        return state;
    }

    /** Brings server and machine to the wish, and checks that it works. Failure is a state, not an exception. */
    void apply(DnsSettings settings, List<InetSocketAddress> nameservers) {
        resolver.settings(settings);
        boolean resolved = HostDns.resolvedRuns(machine.host());
        upstream.servers(resolved ? uplinks() : RedirectDns.targets(nameservers));
        InetSocketAddress asked = asked(nameservers, resolved);
        HostDnsConfig wish =
                new HostDnsConfig(device, addresses, Resolver.domains(settings), Resolver.search(), nameservers);
        boolean before = hostDns instanceof NoHostDns && publicBefore.join();
        if (!setUp(wish, resolved, asked)) {
            return;
        }
        if (before && !publicNames(asked, BUSY_PROBE)) {
            giveUp("public names no longer resolved; this machine uses its own DNS again");
            return;
        }
        state = new State(hostDns.mode(), clusterTrouble(settings, asked), remote());
    }

    /** The machine resolves by itself again; our server stays. */
    void withdraw() {
        hostDns.close();
        hostDns = new NoHostDns();
        state = new State("none", "", "");
        publicBefore = CompletableFuture.completedFuture(false);
    }

    @Override
    public void close() throws Exception {
        withdraw();
        opened.close();
    }

    private boolean setUp(HostDnsConfig wish, boolean resolved, InetSocketAddress asked) {
        String error = "";
        for (HostDns candidate : candidates(resolved)) {
            try {
                candidate.apply(wish);
                hostDns = candidate;
                if (DnsProbe.ask(asked, Resolver.probe(), BUSY_PROBE).equals(OptionalInt.of(0))) {
                    return true;
                }
                error = "questions to " + AddressText.of(asked.getAddress()) + " do not reach the tunnel's DNS server";
            } catch (IOException e) {
                error = e.getMessage();
            }
            LOG.warn("DNS through {}: {}", candidate.mode(), error);
            candidate.close();
        }
        giveUp(error);
        return false;
    }

    private List<HostDns> candidates(boolean resolved) {
        if (!(hostDns instanceof NoHostDns)) {
            return List.of(hostDns);
        }
        List<HostDns> candidates = new ArrayList<>();
        if (resolved) {
            candidates.add(new ResolvedDns(machine.host()));
        }
        candidates.add(new RedirectDns(machine.host(), machine.log()));
        return candidates;
    }

    private void giveUp(String error) {
        hostDns.close();
        hostDns = new NoHostDns();
        state = new State("none", error, remote());
    }

    /** Whom programs of this machine ask. */
    private static InetSocketAddress asked(List<InetSocketAddress> nameservers, boolean resolved) {
        InetSocketAddress first = RedirectDns.targets(nameservers).getFirst();
        return resolved && !HostDns.isStub(first.getAddress()) ? new InetSocketAddress("127.0.0.53", DNS_PORT) : first;
    }

    private static boolean publicNames(InetSocketAddress asked, Duration within) {
        return DnsProbe.ask(asked, "example.com", within).isPresent();
    }

    private static String clusterTrouble(DnsSettings settings, InetSocketAddress asked) {
        String name = "kubernetes.default.svc." + settings.clusterDomain();
        OptionalInt rcode = DnsProbe.ask(asked, name, Duration.ofSeconds(2));
        return rcode.equals(OptionalInt.of(0))
                ? ""
                : "the cluster's DNS does not know " + name
                        + (rcode.isPresent() ? " (code " + rcode.getAsInt() + ")" : ": it does not answer");
    }

    private String remote() {
        return upstream.servers().stream()
                .findFirst()
                .map(s -> AddressText.of(s.getAddress()))
                .orElse("");
    }

    private List<InetSocketAddress> uplinks() {
        return ResolvConfFile.parse(machine.host().readOrEmpty(UPLINKS)).nameservers().stream()
                .filter(a -> !addresses.contains(a) && !a.isLoopbackAddress())
                .map(a -> new InetSocketAddress(a, DNS_PORT))
                .toList();
    }
}

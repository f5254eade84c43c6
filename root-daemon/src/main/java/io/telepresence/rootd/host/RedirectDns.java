package io.telepresence.rootd.host;

import io.telepresence.base.Cidr;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * For machines without systemd-resolved: what programs send to the configured nameservers comes to our DNS server, by a
 * packet redirection for this machine's own traffic. resolv.conf stays untouched. Our own questions carry
 * {@link #MARK} and pass. Through nftables, or iptables where there is no nft; journalled. In a container of Docker it
 * comes before Docker's own redirection of 127.0.0.11, which has the usual priority -100.
 */
public final class RedirectDns implements HostDns {
    /** SO_MARK of our own questions. Free of the bits that kube-proxy, Cilium, Calico and Tailscale look at. */
    public static final int MARK = 0x2054;

    private static final String CHAIN = "TELEPRESENCE_DNS";

    private final HostCommands host;
    private final UndoJournal log;
    private final List<UndoJournal.Change> changes = new ArrayList<>();
    private HostDnsConfig applied;

    public RedirectDns(HostCommands host, UndoJournal log) {
        this.host = host;
        this.log = log;
    }

    @Override
    public String mode() {
        return "redirect";
    }

    /**
     * Which nameservers to redirect. A local forwarder asks the others itself, so if there is one, only it is: else its
     * questions would come back to us.
     */
    public static List<InetSocketAddress> targets(List<InetSocketAddress> nameservers) {
        List<InetSocketAddress> local = nameservers.stream()
                .filter(n -> n.getAddress().isLoopbackAddress())
                .toList();
        return local.isEmpty() ? nameservers : local;
    }

    @Override
    public void apply(HostDnsConfig wish) throws IOException {
        if (wish.equals(applied)) {
            return;
        }
        if (host.has("nft")) {
            applyNft(wish);
        } else {
            applyIptables(wish);
        }
        applied = wish;
    }

    @Override
    public void close() {
        changes.reversed().forEach(UndoJournal.Change::close);
        changes.clear();
        applied = null;
    }

    private void applyNft(HostDnsConfig wish) throws IOException {
        if (changes.isEmpty()) {
            changes.add(log.record(List.of("nft", "delete", "table", "inet", "telepresence")));
        }
        StringBuilder text = new StringBuilder("table inet telepresence\ndelete table inet telepresence\n")
                .append("table inet telepresence {\n  chain dns {\n")
                .append("    type nat hook output priority -110; policy accept;\n")
                .append("    meta mark 0x" + Integer.toHexString(MARK) + " accept\n");
        for (InetSocketAddress target : targets(wish.nameservers())) {
            InetAddress server = server(wish, target);
            if (server != null) {
                String family = target.getAddress() instanceof Inet4Address ? "ip" : "ip6";
                String to = family.equals("ip") ? Cidr.text(server) : "[" + Cidr.text(server) + "]";
                for (String protocol : List.of("udp", "tcp")) {
                    text.append("    " + family + " daddr " + Cidr.text(target.getAddress()) + " " + protocol
                            + " dport " + target.getPort() + " dnat " + family + " to " + to + ":53\n");
                }
            }
        }
        host.must(text.append("  }\n}\n").toString(), List.of("nft", "-f", "-"));
    }

    private void applyIptables(HostDnsConfig wish) throws IOException {
        close();
        for (InetAddress server : wish.servers()) {
            boolean v4 = server instanceof Inet4Address;
            List<String> nat = List.of(v4 ? "iptables" : "ip6tables", "-w", "-t", "nat");
            changes.add(log.record(join(nat, "-X", CHAIN)));
            changes.add(log.record(join(nat, "-F", CHAIN)));
            host.must("", join(nat, "-N", CHAIN));
            host.must("", join(nat, "-A", CHAIN, "-m", "mark", "--mark", String.valueOf(MARK), "-j", "RETURN"));
            String to = (v4 ? Cidr.text(server) : "[" + Cidr.text(server) + "]") + ":53";
            for (InetSocketAddress target : targets(wish.nameservers())) {
                if (target.getAddress() instanceof Inet4Address == v4) {
                    for (String protocol : List.of("udp", "tcp")) {
                        host.must(
                                "",
                                join(
                                        nat,
                                        "-A",
                                        CHAIN,
                                        "-p",
                                        protocol,
                                        "-d",
                                        Cidr.text(target.getAddress()),
                                        "--dport",
                                        String.valueOf(target.getPort()),
                                        "-j",
                                        "DNAT",
                                        "--to-destination",
                                        to));
                    }
                }
            }
            changes.add(log.record(join(nat, "-D", "OUTPUT", "-j", CHAIN)));
            host.must("", join(nat, "-I", "OUTPUT", "-j", CHAIN));
        }
    }

    /** Our server in the family of {@code target}; null if we have none there. */
    private static InetAddress server(HostDnsConfig wish, InetSocketAddress target) {
        return wish.servers().stream()
                .filter(s -> s.getClass() == target.getAddress().getClass())
                .findFirst()
                .orElse(null);
    }

    private static List<String> join(List<String> head, String... tail) {
        List<String> all = new ArrayList<>(head);
        all.addAll(List.of(tail));
        return all;
    }
}

package io.telepresence.rootd.host;

import io.telepresence.base.Cidr;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets redirected connections in where the machine's firewall drops input: those from the device's spare addresses to
 * its own one. Machines without such a chain stay as they are. Each rule goes through the journal.
 */
public final class Firewall {
    private static final Logger LOG = LoggerFactory.getLogger(Firewall.class);
    private final HostCommands host;
    private final UndoJournal log;

    public Firewall(HostCommands host, UndoJournal log) {
        this.host = host;
        this.log = log;
    }

    /** Opens the firewall for {@code device}; failures are logged, as nothing may be wrong without the rule. */
    public void open(String device, List<LinuxRoutes.OwnAddress> own) {
        try {
            if (host.has("nft")) {
                openNft(device, own);
            } else if (host.has("iptables")) {
                openIptables(device, own);
            }
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("cannot look at the firewall: {}", e.getMessage());
        }
    }

    private record Chain(String family, String table, String name) {}

    private void openNft(String device, List<LinuxRoutes.OwnAddress> own) throws IOException {
        for (Chain chain : inputChains(host.must("nft", "-j", "list", "chains"))) {
            String listed = host.run("nft", "list", "chain", chain.family, chain.table, chain.name)
                    .out();
            if (!listed.matches("(?s).*\\b(drop|reject|jump|goto)\\b.*")) {
                continue;
            }
            for (LinuxRoutes.OwnAddress address : own) {
                accept(chain, device, address);
            }
        }
    }

    private void accept(Chain chain, String device, LinuxRoutes.OwnAddress own) throws IOException {
        String family = own.prefix().isV4() ? "ip" : "ip6";
        if (!chain.family.equals("inet") && !chain.family.equals(family)) {
            return;
        }
        String mark = "telepresence " + device + " " + family;
        String where = chain.family + " " + chain.table + " " + chain.name;
        // A rule is deleted by its handle, which is known only once it is there: the undo looks for the comment.
        String undo = "nft -a list chain " + where + " | sed -n 's/.*comment \"" + mark
                + "\" # handle \\([0-9]*\\)$/delete rule " + where + " handle \\1/p' | nft -f -";
        UndoJournal.Change change = log.record(List.of("/bin/sh", "-c", undo));
        String rule = "insert rule " + where + " iifname \"" + device + "\" " + family + " saddr " + own.prefix() + " "
                + family + " daddr " + Cidr.text(own.address()) + " accept comment \"" + mark + "\"\n";
        HostCommands.Result result = host.run(rule, List.of("nft", "-f", "-"));
        if (!result.ok()) {
            LOG.warn("the firewall takes no rule in {}: {}", where, result.err().strip());
            change.close();
        }
    }

    private static List<Chain> inputChains(String json) {
        List<Chain> found = new ArrayList<>();
        if (IpJson.parse(json) instanceof Map<?, ?> root && root.get("nftables") instanceof List<?> items) {
            for (Object item : items) {
                if (item instanceof Map<?, ?> map
                        && map.get("chain") instanceof Map<?, ?> chain
                        && "input".equals(chain.get("hook"))
                        && "filter".equals(chain.get("type"))) {
                    found.add(new Chain(text(chain, "family"), text(chain, "table"), text(chain, "name")));
                }
            }
        }
        return found;
    }

    private static String text(Map<?, ?> map, String key) {
        return String.valueOf(map.get(key));
    }

    private void openIptables(String device, List<LinuxRoutes.OwnAddress> own) throws IOException {
        for (LinuxRoutes.OwnAddress address : own) {
            String program = address.prefix().isV4() ? "iptables" : "ip6tables";
            HostCommands.Result listed = host.run(program, "-w", "-S", "INPUT");
            if (!listed.ok() || !listed.out().matches("(?s).*(-P INPUT DROP|-A INPUT).*")) {
                continue;
            }
            List<String> rule = List.of(
                    "INPUT",
                    "-i",
                    device,
                    "-s",
                    address.prefix().toString(),
                    "-d",
                    Cidr.text(address.address()),
                    "-j",
                    "ACCEPT");
            log.record(join(List.of(program, "-w", "-D"), rule));
            host.run("", join(List.of(program, "-w", "-I"), rule));
        }
    }

    private static List<String> join(List<String> head, List<String> tail) {
        List<String> all = new ArrayList<>(head);
        all.addAll(tail);
        return all;
    }
}

package io.telepresence.rootd.host;

import io.telepresence.base.Cidr;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Addresses and routes of one TUN device, and the exceptions beside it. What lies on the device vanishes with it; the
 * exceptions go through the journal. Not thread-safe.
 *
 * <p>Routes into the tunnel are pinned to the congestion control cubic, which suits a path that never loses packets; a
 * kernel that refuses that gets them without.
 */
public final class LinuxRoutes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxRoutes.class);
    private final HostCommands host;
    private final UndoJournal log;
    private final String device;
    private final Set<TunRoute> routes = new LinkedHashSet<>();
    private final Map<BypassRoute, UndoJournal.Change> kept = new LinkedHashMap<>();
    private String congestion = " congctl cubic";

    public LinuxRoutes(HostCommands host, UndoJournal log, String device) {
        this.host = host;
        this.log = log;
        this.device = device;
    }

    /**
     * Brings the device up with its own addresses and the prefixes of its spare ones.
     *
     * @param own own address and length of its prefix, one per family
     */
    public void up(int mtu, List<OwnAddress> own) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("link set dev " + device + " mtu " + mtu + " up");
        for (OwnAddress address : own) {
            String dad = address.prefix().isV4() ? "" : " nodad";
            lines.add("addr replace " + Cidr.text(address.address()) + "/"
                    + address.prefix().length() + " dev " + device + dad + " noprefixroute");
        }
        batch(lines);
        List<TunRoute> prefixes =
                own.stream().map(o -> new TunRoute(o.prefix(), false)).toList();
        add(prefixes);
    }

    /** An own address of the device within its prefix. */
    public record OwnAddress(java.net.InetAddress address, Cidr prefix) {}

    /** Makes these, and only these, the routes into the tunnel and the exceptions from them. */
    public void apply(Set<TunRoute> wanted, Set<BypassRoute> exceptions) throws IOException {
        for (BypassRoute route : List.copyOf(kept.keySet())) {
            if (!exceptions.contains(route)) {
                kept.remove(route).close();
            }
        }
        for (BypassRoute route : exceptions) {
            if (!kept.containsKey(route)) {
                keep(route);
            }
        }
        for (TunRoute route : List.copyOf(routes)) {
            if (!wanted.contains(route)) {
                host.run("ip", "route", "del", route.subnet().toString(), "dev", device);
                routes.remove(route);
            }
        }
        List<TunRoute> missing =
                wanted.stream().filter(r -> !routes.contains(r)).toList();
        add(missing);
        routes.addAll(missing);
    }

    /** Takes the exceptions back; the device's own routes go with the device. */
    @Override
    public void close() {
        List.copyOf(kept.values()).reversed().forEach(UndoJournal.Change::close);
        kept.clear();
    }

    private void keep(BypassRoute route) throws IOException {
        List<String> add = new ArrayList<>(List.of("ip", "route", "add"));
        add.addAll(route.words());
        List<String> del = new ArrayList<>(List.of("ip", "route", "del"));
        del.addAll(route.words());
        UndoJournal.Change change = log.record(del);
        HostCommands.Result result = host.run("", add);
        if (result.ok()) {
            kept.put(route, change);
        } else {
            LOG.warn(
                    "the exception {} could not be set: {}", route, result.err().strip());
            change.close();
        }
    }

    private void add(List<TunRoute> missing) throws IOException {
        if (missing.isEmpty()) {
            return;
        }
        try {
            addAll(missing);
        } catch (IOException e) {
            if (congestion.isEmpty()) {
                throw e;
            }
            LOG.info("routes without a congestion control of their own: {}", e.getMessage());
            congestion = "";
            addAll(missing);
        }
    }

    /** All of them or none: a batch ends at its first error, and what came before it is there already. */
    private void addAll(List<TunRoute> missing) throws IOException {
        try {
            batch(missing.stream().map(this::line).toList());
        } catch (IOException e) {
            for (TunRoute route : missing) {
                if (!host.run("ip", "route", "del", route.subnet().toString(), "dev", device)
                        .ok()) {
                    break; // not added, and neither is what follows
                }
            }
            throw e;
        }
    }

    /** {@code replace} would take another device's route of the same prefix away, so: add, or for IPv4 prepend. */
    private String line(TunRoute route) {
        boolean v4 = route.subnet().isV4();
        String verb = route.first() && v4 ? "prepend" : "append";
        String metric = route.first() && !v4 ? " metric 1" : "";
        return "route " + verb + " " + route.subnet() + " dev " + device + metric + congestion;
    }

    private void batch(List<String> lines) throws IOException {
        host.must(String.join("\n", lines) + "\n", List.of("ip", "-batch", "-"));
    }
}

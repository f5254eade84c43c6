package io.telepresence.rootd.session;

import io.telepresence.rootd.host.BypassRoute;
import io.telepresence.rootd.host.Firewall;
import io.telepresence.rootd.host.HostCommands;
import io.telepresence.rootd.host.LinuxRoutes;
import io.telepresence.rootd.host.UndoJournal;
import java.io.IOException;
import java.util.Set;

/** Addresses and routes of one session: looks at the machine, plans, applies. One thread at a time. */
final class TunNetwork implements AutoCloseable {
    private final HostCommands host;
    private final String device;
    private final LinuxRoutes routes;
    private final TunPrefixes prefixes;
    private volatile NetworkPlan plan = NetworkPlan.NONE;

    private TunNetwork(HostCommands host, String device, LinuxRoutes routes, TunPrefixes prefixes) {
        this.host = host;
        this.device = device;
        this.routes = routes;
        this.prefixes = prefixes;
    }

    /** Brings the device up with addresses that are free on this machine. */
    static TunNetwork open(Host machine, String device, int mtu, ProxyRules rules) throws IOException {
        HostCommands host = machine.host();
        UndoJournal log = machine.log();
        HostView view = HostView.read(host, device, Set.of());
        TunPrefixes prefixes = machine.devices().prefixes(rules, view);
        LinuxRoutes routes = new LinuxRoutes(host, log, device);
        routes.up(mtu, prefixes.own());
        new Firewall(host, log).open(device, prefixes.own());
        return new TunNetwork(host, device, routes, prefixes);
    }

    /** Routes what the rules say, given the machine as it is now. */
    void apply(ProxyRules rules) throws IOException {
        Set<BypassRoute> kept = plan.kept();
        NetworkPlan next = Planner.plan(rules, HostView.read(host, device, kept), prefixes);
        plan = next;
        routes.apply(next.routes(), next.kept());
    }

    /** Takes all routes back; the device and its addresses stay. */
    void withdraw() throws IOException {
        plan = NetworkPlan.NONE;
        routes.apply(Set.of(), Set.of());
    }

    NetworkPlan plan() {
        return plan;
    }

    TunPrefixes prefixes() {
        return prefixes;
    }

    String device() {
        return device;
    }

    @Override
    public void close() {
        routes.close();
    }
}

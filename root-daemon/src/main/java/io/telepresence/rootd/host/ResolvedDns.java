package io.telepresence.rootd.host;

import io.telepresence.base.Cidr;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Split DNS through systemd-resolved: our domains are routed to our server on the TUN device, everything else stays with
 * the other links. The settings belong to the device, so the system drops them with it; nothing needs the journal.
 */
public final class ResolvedDns implements HostDns {
    private static final Logger LOG = LoggerFactory.getLogger(ResolvedDns.class);
    /** systemd-resolved takes 256 domains per link. */
    private static final int MOST_DOMAINS = 250;

    private final HostCommands host;
    private HostDnsConfig applied;

    public ResolvedDns(HostCommands host) {
        this.host = host;
    }

    @Override
    public String mode() {
        return "systemd-resolved";
    }

    @Override
    public void apply(HostDnsConfig wish) throws IOException {
        if (wish.equals(applied)) {
            return;
        }
        applied = wish;
        List<String> servers = new ArrayList<>(List.of("resolvectl", "dns", wish.device()));
        wish.servers().forEach(s -> servers.add(Cidr.text(s)));
        host.must("", servers);
        List<String> domains = new ArrayList<>(List.of("resolvectl", "domain", wish.device(), wish.search()));
        wish.domains().stream().limit(MOST_DOMAINS).forEach(d -> domains.add("~" + d));
        if (wish.domains().size() > MOST_DOMAINS) {
            LOG.warn(
                    "systemd-resolved takes {} domains, not {}: map fewer namespaces",
                    MOST_DOMAINS,
                    wish.domains().size());
        }
        host.must("", domains);
        // Older versions know some of these not; none is needed for names to resolve.
        for (String setting : List.of("default-route", "dnssec", "dnsovertls", "llmnr", "mdns")) {
            host.run("resolvectl", setting, wish.device(), "no");
        }
        host.run("resolvectl", "flush-caches");
    }

    @Override
    public void close() {
        if (applied == null) {
            return;
        }
        try {
            host.run("resolvectl", "revert", applied.device());
            host.run("resolvectl", "flush-caches");
        } catch (IOException e) {
            LOG.warn("systemd-resolved does not answer; it drops the settings with the device: {}", e.getMessage());
        }
        applied = null;
    }
}

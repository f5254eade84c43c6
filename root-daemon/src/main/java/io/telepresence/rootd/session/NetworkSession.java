package io.telepresence.rootd.session;

import io.telepresence.base.Cidr;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rootd.dns.DnsSettings;
import io.telepresence.rootd.host.HostCommands;
import io.telepresence.rootd.host.ResolvConfFile;
import io.telepresence.rootd.stack.Stack;
import io.telepresence.rootd.tun.Tun;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.run.Closers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running parts of one session, from the first configuration to {@link #close}, which puts the machine back as it
 * was. All methods on one thread, but for {@link #status}.
 *
 * <p>While the manager has not answered for {@link #PATIENCE} the routes and DNS are withdrawn, so that a forgotten
 * session does not swallow anything; they come back with the manager.
 */
public final class NetworkSession implements AutoCloseable {
    /** How long the tunnel may be down before the machine gets its network back. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final int MTU = 1500;
    private static final Logger LOG = LoggerFactory.getLogger(NetworkSession.class);
    private static final List<Path> WATCHED =
            List.of(ResolvConfFile.FILE, Path.of("/proc/net/route"), Path.of("/proc/net/ipv6_route"));

    private final HostCommands host;
    private final Parts parts;
    private final Closers opened;
    private final boolean mapServices;
    private final boolean mapPods;
    private volatile NetworkConfig config;
    private final Freshness freshness = new Freshness();

    /** What is open, from the outside in. */
    private record Parts(NetworkUplink link, TunNetwork network, Stack stack, SessionDns dns) {}

    /** When the tunnel was last seen up, and what the machine's network looked like when it was last looked at. */
    private static final class Freshness {
        private long upAt = System.nanoTime();
        private boolean withdrawn;
        private String machine = "";
    }

    private NetworkSession(
            HostCommands host,
            Parts parts,
            Closers opened,
            boolean mapServices,
            boolean mapPods,
            NetworkConfig config) {
        this.host = host;
        this.parts = parts;
        this.opened = opened;
        this.mapServices = mapServices;
        this.mapPods = mapPods;
        this.config = config;
    }

    /**
     * Sets everything up; if that fails nothing is left on the machine. Blocks, for some seconds at most.
     *
     * @param cancelled once complete, waiting for the manager makes no sense any more
     */
    public static NetworkSession open(Host machine, NetworkConfig config, CompletableFuture<Void> cancelled)
            throws FaultException {
        ConfigCheck.check(config);
        HostCommands host = machine.host();
        Closers opened = new Closers();
        opened.add(machine.log()::undoAll);
        try {
            NetworkUplink link = opened.add(NetworkUplink.open(config, machine.userDaemons()));
            int millis = config.getConnectivityCheckMs();
            var services = InsideCheck.services(injector(config), millis);
            var pods = InsideCheck.pods(manager(config), millis);
            var publicNames = SessionDns.publicNamesNow(
                    host, ConfigTranslator.nameservers(config.getDns(), host.readOrEmpty(ResolvConfFile.FILE)));
            link.await(cancelled);
            boolean mapServices = !InsideCheck.join(services);
            boolean mapPods = !InsideCheck.join(pods);
            Tun tun = machine.devices().open(MTU);
            opened.add(tun);
            ProxyRules rules = ConfigTranslator.rules(config, mapServices, mapPods);
            TunNetwork network = opened.add(TunNetwork.open(machine, tun.name(), MTU, rules));
            Stack stack = opened.add(Stack.open(tun, network.prefixes().stack(MTU), link));
            SessionDns dns = opened.add(
                    SessionDns.open(machine, tun.name(), network.prefixes().addresses(), link, publicNames));
            Parts parts = new Parts(link, network, stack, dns);
            NetworkSession session = new NetworkSession(host, parts, opened, mapServices, mapPods, config);
            session.apply(config);
            return session;
        } catch (FaultException e) {
            opened.closeAfter(e);
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            opened.closeAfter(e);
            throw Fault.internal("cannot set the network up: " + e.getMessage()).exception(e);
        } catch (RuntimeException | Error e) {
            opened.closeAfter(e);
            throw e;
        }
    }

    /** Whether {@code next} can be reached with {@link #apply}; else a new session is needed. */
    public boolean accepts(NetworkConfig next) {
        return next.getCarrierSocket().equals(config.getCarrierSocket()) && next.getCarriers() == config.getCarriers();
    }

    /** The whole wished state; applying the same again changes nothing. What makes no sense is refused before anything. */
    public void apply(NetworkConfig next) throws FaultException {
        ConfigCheck.check(next);
        try {
            parts.link.config(next);
            parts.network.apply(ConfigTranslator.rules(next, mapServices, mapPods));
            config = next;
            DnsSettings settings = ConfigTranslator.dns(
                    next.getDns(),
                    parts.network.plan().subnets(),
                    parts.network.prefixes().addresses());
            List<InetSocketAddress> nameservers =
                    ConfigTranslator.nameservers(next.getDns(), host.readOrEmpty(ResolvConfFile.FILE));
            parts.dns.apply(settings, nameservers);
            freshness.withdrawn = false;
            freshness.machine = machine();
        } catch (IOException | IllegalArgumentException e) {
            throw Fault.internal("cannot change the network: " + e.getMessage()).exception(e);
        }
    }

    /**
     * To be called every few seconds: follows changes of the machine's network and of the tunnel.
     *
     * @throws FaultException if the session cannot go on: close it
     */
    public void tick() throws FaultException {
        tick(System.nanoTime());
    }

    /** @param now of {@link System#nanoTime} */
    void tick(long now) throws FaultException {
        if (parts.stack.ended().toCompletableFuture().isDone()) {
            throw Fault.internal("the network device " + parts.network.device() + " is gone: something removed it")
                    .exception();
        }
        if (parts.link.isUp()) {
            freshness.upAt = now;
            if (freshness.withdrawn || !machine().equals(freshness.machine)) {
                LOG.info("the machine's network or the tunnel has changed: routes and DNS are set again");
                apply(config);
            }
        } else if (!freshness.withdrawn && now - freshness.upAt > PATIENCE.toNanos()) {
            withdraw();
        }
    }

    public NetworkStatus status() {
        return StatusTranslator.status(
                config,
                new StatusTranslator.Facts(
                        parts.network.device(),
                        parts.network.prefixes().addresses(),
                        parts.network.plan(),
                        parts.dns.state(),
                        parts.stack.stats(),
                        parts.link.isUp(),
                        mapServices,
                        mapPods));
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }

    private void withdraw() throws FaultException {
        LOG.warn("the manager has been silent for {} s: routes and DNS are withdrawn", PATIENCE.toSeconds());
        try {
            parts.dns.withdraw();
            parts.network.withdraw();
            freshness.withdrawn = true;
        } catch (IOException e) {
            throw Fault.internal("cannot withdraw the routes: " + e.getMessage())
                    .exception(e);
        }
    }

    /** The files that change when the machine's network does, without the lines of our own device. */
    private String machine() {
        StringBuilder text = new StringBuilder();
        for (Path file : WATCHED) {
            host.readOrEmpty(file)
                    .lines()
                    .filter(l -> !l.contains(parts.network.device()))
                    .map(l -> file.startsWith("/proc") ? withoutCounters(l) : l)
                    .forEach(l -> text.append(l).append('\n'));
        }
        return text.toString();
    }

    /** Reference and use counts change with every packet: columns 4 and 5 for IPv4, 6 and 7 for IPv6. */
    private static String withoutCounters(String line) {
        String[] words = line.strip().split("\\s+");
        int from = words.length == 10 ? 6 : 4;
        for (int i = from; i < Math.min(words.length, from + 2); i++) {
            words[i] = "";
        }
        return String.join(" ", words);
    }

    private static InetSocketAddress injector(NetworkConfig config) {
        return endpoint(config.getInjectorIp().toByteArray(), config.getInjectorPort());
    }

    private static InetSocketAddress manager(NetworkConfig config) {
        return endpoint(config.getManagerPodIp().toByteArray(), config.getManagerPodPort());
    }

    /** Null: not known. */
    private static InetSocketAddress endpoint(byte[] ip, int port) {
        return ip.length == 0 || port == 0 ? null : new InetSocketAddress(Cidr.address(ip), port);
    }
}

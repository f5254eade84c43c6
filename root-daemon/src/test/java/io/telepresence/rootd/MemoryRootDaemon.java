package io.telepresence.rootd;

import io.telepresence.base.Cidr;
import io.telepresence.fault.FaultException;
import io.telepresence.local.LocalServer;
import io.telepresence.rootd.host.FakeHost;
import io.telepresence.rootd.host.UndoJournal;
import io.telepresence.rootd.session.Host;
import io.telepresence.rootd.session.HostView;
import io.telepresence.rootd.session.ProxyRules;
import io.telepresence.rootd.session.TunFactory;
import io.telepresence.rootd.session.TunPrefixes;
import io.telepresence.rootd.tun.MemoryTun;
import io.telepresence.rootd.tun.Tun;
import io.telepresence.run.Closers;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The root daemon behind its socket, on a machine in memory: its own sessions, packet path and nameserver, but for the
 * device and the programs of the host. Needs no rights.
 */
public final class MemoryRootDaemon implements AutoCloseable {
    private static final String DEVICE = new MemoryTun().name();

    private final FakeHost host;
    private final Cidr prefix;
    private final Closers opened = new Closers();
    private volatile MemoryTun tun;

    private MemoryRootDaemon(FakeHost host, Cidr prefix) {
        this.host = host;
        this.prefix = prefix;
    }

    /**
     * @param socket where it listens
     * @param uid whose calls it takes
     * @param prefix of the device; a part of 127.0.0.0/8, so that listeners can be bound to its addresses
     */
    public static MemoryRootDaemon open(Path socket, long uid, FakeHost host, String prefix) throws FaultException {
        MemoryRootDaemon daemon = new MemoryRootDaemon(host, Cidr.parse(prefix));
        Host machine = new Host(
                host,
                new UndoJournal(socket.getParent(), host),
                daemon.new MemoryDevices(),
                UserDaemons.of(Set.of(uid)),
                false);
        RootService service = new RootService(machine, true, new IdleShutdown(true, System::nanoTime));
        daemon.opened.add(LocalServer.start(socket, uid, Set.of(uid), List.of(service)));
        daemon.opened.add(service::endSession);
        return daemon;
    }

    /** What programs of this machine send to, while there is a session. */
    public MemoryTun tun() {
        return tun;
    }

    /** What the host has now, without what lies on the device. */
    public String host() {
        return String.join(
                "\n", host.describe().lines().filter(l -> !l.contains(DEVICE)).toList());
    }

    /** What lies on the device: its addresses and routes. */
    public String device() {
        return String.join(
                "\n", host.describe().lines().filter(l -> l.contains(DEVICE)).toList());
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }

    private final class MemoryDevices implements TunFactory {
        @Override
        public Tun open(int mtu) {
            host.deviceGone(DEVICE);
            tun = new MemoryTun();
            return tun;
        }

        @Override
        public TunPrefixes prefixes(ProxyRules rules, HostView machine) {
            return new TunPrefixes(prefix, Optional.empty());
        }

        @Override
        public int dnsPort() {
            return 0;
        }
    }
}

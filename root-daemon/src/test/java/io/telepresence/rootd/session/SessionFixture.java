package io.telepresence.rootd.session;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.telepresence.agree.Routing;
import io.telepresence.base.Cidr;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.FreePorts;
import io.telepresence.rootd.host.FakeHost;
import io.telepresence.rootd.host.UndoJournal;
import io.telepresence.rootd.tun.MemoryTun;
import io.telepresence.rootd.tun.Tun;
import io.telepresence.rpc.rootd.DnsConfig;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.run.Closers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * What a session is put on, in memory: a laptop at 192.168.1.5 behind the router 192.168.1.1, devices, and a manager.
 * Programs of the laptop ask the session's own DNS server, as if the redirection worked.
 */
public final class SessionFixture implements TunFactory, AutoCloseable {
    private static final String LAPTOP =
            """
            addr 192.168.1.5/24 dev eth0
            route default via 192.168.1.1 dev eth0 src 192.168.1.5
            route 192.168.1.0/24 dev eth0 src 192.168.1.5
            """;

    public final FakeHost host = new FakeHost(LAPTOP);
    public final List<MemoryTun> devices = Collections.synchronizedList(new ArrayList<>());

    /** Of the device: a part of 127.0.0.0/8, so that listeners can be bound to its addresses. */
    public volatile String prefix = "127.83.7.0/24";

    /** This machine gives no device. */
    public volatile boolean noDevice;

    final FakeUplinkManager manager;
    final int dnsPort = FreePorts.one();
    private final Path folder;
    private final Host machine;
    private final String before = host.describe();
    private final Closers opened = new Closers();
    private Server server;

    public SessionFixture(Path folder) throws IOException {
        this.folder = folder;
        this.manager = new FakeUplinkManager(socket());
        this.machine = new Host(host, new UndoJournal(folder, host), this, uid -> true, false);
        startManager();
    }

    public Host machine() {
        return machine;
    }

    /** Where the manager answers. */
    public Path socket() {
        return folder.resolve("carrier.socket");
    }

    public void startManager() throws IOException {
        server = manager.start(opened);
    }

    public void stopManager() throws InterruptedException, IOException {
        server.shutdownNow().awaitTermination();
        Files.deleteIfExists(socket());
    }

    /** A whole configuration: 10.96.0.0/16 are services, 10.244.0.0/16 pods. */
    public NetworkConfig.Builder config() {
        return NetworkConfig.newBuilder()
                .setSessionId("session")
                .setCarrierSocket(socket().toString())
                .setCarriers(1)
                .setCarrierConnectMs(20_000)
                .addServiceSubnets(subnet("10.96.0.0/16"))
                .addPodSubnets(subnet("10.244.0.0/16"))
                .setDns(DnsConfig.newBuilder()
                        .setNamespace("shop")
                        .addLocalAddresses("127.83.7.1:" + dnsPort)
                        .setLookupTimeoutMs(10_000));
    }

    NetworkSession open(NetworkConfig config) throws FaultException {
        return NetworkSession.open(machine, config, new CompletableFuture<>());
    }

    /** One rule about one subnet, as the user daemon tells it. */
    public static io.telepresence.rpc.common.Routing routing(Routing.Rule rule, String subnet) {
        return new Routing(Map.of(rule, List.of(subnet))).toWire();
    }

    public static io.telepresence.rpc.manager.Cidr subnet(String text) {
        Cidr cidr = Cidr.parse(text);
        return io.telepresence.rpc.manager.Cidr.newBuilder()
                .setIp(ByteString.copyFrom(cidr.address().getAddress()))
                .setPrefixLength(cidr.length())
                .build();
    }

    public MemoryTun device() {
        return devices.getLast();
    }

    /** What lies on the device now, and what is beside it that was not there before; a line each. */
    public List<String> added() {
        return host.describe()
                .lines()
                .filter(l -> before.lines().noneMatch(l::equals))
                .toList();
    }

    /** Whether the machine is as it was: the kernel takes what lies on a device that was closed. */
    public boolean isUntouched() {
        return devices.stream().allMatch(MemoryTun::isClosed)
                && added().stream().allMatch(l -> (l + " ").contains(" dev " + new MemoryTun().name() + " "))
                && !Files.exists(folder.resolve("journal"))
                && before.lines().allMatch(host.describe().lines().toList()::contains);
    }

    @Override
    public Tun open(int mtu) throws FaultException {
        if (noDevice) {
            throw Fault.denied("this machine gives no device", "").exception();
        }
        MemoryTun tun = new MemoryTun();
        host.deviceGone(tun.name());
        devices.add(tun);
        return tun;
    }

    @Override
    public TunPrefixes prefixes(ProxyRules rules, HostView view) {
        return new TunPrefixes(Cidr.parse(prefix), Optional.empty());
    }

    @Override
    public int dnsPort() {
        return dnsPort;
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }
}

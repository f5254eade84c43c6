package io.telepresence.agent;

import io.netty.channel.EventLoopGroup;
import io.telepresence.agent.drain.AppSockets;
import io.telepresence.agent.drain.Drain;
import io.telepresence.agent.drain.GracePeriod;
import io.telepresence.agent.drain.Time;
import io.telepresence.agent.http2.Http2Handler;
import io.telepresence.agent.listener.KeptSockets;
import io.telepresence.agent.listener.PortListener;
import io.telepresence.agent.manager.ClientFlows;
import io.telepresence.agent.manager.ManagerClient;
import io.telepresence.agent.mirror.ClientMirrors;
import io.telepresence.agent.mirror.MirrorBudget;
import io.telepresence.agent.mirror.MirrorLimits;
import io.telepresence.agent.podaccess.PodAccessService;
import io.telepresence.agent.podinfo.AppPod;
import io.telepresence.agent.report.TrafficReport;
import io.telepresence.agent.restapi.ConsumeHere;
import io.telepresence.agent.route.AppAddresses;
import io.telepresence.agent.route.RouteTable;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.PortUpstreams;
import io.telepresence.agent.tcp.ProtocolHandlers;
import io.telepresence.agent.tcp.TcpForwarder;
import io.telepresence.agent.tls.Certificates;
import io.telepresence.agent.tls.TlsHandler;
import io.telepresence.agent.udp.UdpForwarder;
import io.telepresence.agree.PortProtocol;
import io.telepresence.base.AddressText;
import io.telepresence.engagement.Port;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import io.telepresence.rest.RestServer;
import io.telepresence.run.Closers;
import io.telepresence.run.Watched;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sidecar: listeners first, so that the pod is ready whether the manager is there or not, then the link to the
 * manager. Ends in two steps: {@link #drain} while the cluster still learns that this pod goes, then {@link #close}.
 */
final class Agent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final int LOOPS = 2;
    private static final Duration RULES_LIMIT = Duration.ofSeconds(3);

    private final Closers opened = new Closers();
    private final Map<SidecarPlan.PlannedPort, PortListener> listeners = new LinkedHashMap<>();
    private final List<TcpForwarder> forwarders = new CopyOnWriteArrayList<>();
    private final TrafficReport report = new TrafficReport();
    private final MirrorBudget tapped = new MirrorBudget(MirrorLimits.DEFAULT);
    private final Map<Port, Certificates> certificates = new LinkedHashMap<>();
    private ReadyServer readiness;
    private ManagerClient link;
    private AppSockets sockets;
    private Runnable retell;
    private volatile boolean leaving;

    /**
     * What differs between a pod and a test.
     *
     * @param bind where to listen; the wildcard address in a pod
     * @param readyPort where the kubelet asks
     * @param udpIdle after what silence a source of datagrams is forgotten
     * @param app what clients may see of the application
     * @param sockets what an earlier process of this container has left
     * @param link how to reach the manager
     */
    record Settings(
            InetAddress bind,
            int readyPort,
            Duration udpIdle,
            AppPod app,
            KeptSockets sockets,
            ManagerClient.Settings link) {}

    private Agent() {}

    /** @throws FaultException if a port cannot be had; nothing is left open then */
    static Agent open(SidecarPlan plan, PodIdentity pod, Settings settings) throws FaultException {
        Agent agent = new Agent();
        try {
            agent.start(plan, pod, settings);
            return agent;
        } catch (FaultException | RuntimeException e) {
            agent.opened.closeAfter(e);
            throw e;
        }
    }

    private void start(SidecarPlan plan, PodIdentity pod, Settings settings) throws FaultException {
        EventLoopGroup loops = Loops.create("ports", LOOPS);
        opened.add(() -> Loops.shutdown(loops));
        readiness = opened.add(ReadyServer.open(
                new InetSocketAddress(settings.bind(), settings.readyPort()), loops, settings.sockets()));
        PodAccessService reaches = new PodAccessService(settings.app(), settings.udpIdle());
        for (SidecarPlan.PlannedPort port : plan.ports()) {
            plan.tls(port).ifPresent(tls -> certificates.put(port.app(), new Certificates(tls)));
        }
        link = opened.add(ManagerClient.open(settings.link(), report, reaches, this::sealed));
        ClientFlows clients = link.clientFlows();
        sockets = new AppSockets(pod.ip());
        Supplier<RouteTable> rules = follow(link.rules());
        int apiPort = plan.config().getApiPort();
        if (apiPort != 0) {
            // For the app alone: the answers tell of engagements.
            InetSocketAddress at = new InetSocketAddress(InetAddress.getLoopbackAddress(), apiPort);
            opened.add(
                    RestServer.open(at, loops, false, caller -> true, new ConsumeHere(rules, link::metadata)::judge));
        }
        for (SidecarPlan.PlannedPort port : plan.ports()) {
            InetSocketAddress at = new InetSocketAddress(settings.bind(), port.agentPort());
            AppAddresses app = new AppAddresses(pod.ip(), port.app().number(), port.absent());
            ClientMirrors mirrors = new ClientMirrors(app.official(), clients, tapped, report);
            PortListener listener =
                    switch (port.app().transport()) {
                        case TCP ->
                            PortListener.tcp(
                                    at,
                                    loops,
                                    settings.sockets(),
                                    forwarder(plan, port, app, loops, rules, clients, mirrors));
                        case UDP ->
                            PortListener.udp(
                                    at,
                                    loops,
                                    new UdpForwarder(port.app(), app, rules, clients, mirrors, settings.udpIdle()));
                    };
            listeners.put(port, opened.add(listener));
            LOG.info("listening on {} for {}", AddressText.of(listener.address()), port.app());
        }
        if (settings.sockets().restarted()) {
            acceptWhenTold();
        }
        readyWhileServed(plan);
    }

    /** Those who wait since the process before this one was killed are for whom the manager says, if it says so soon. */
    private void acceptWhenTold() {
        link.told()
                .completeOnTimeout(null, RULES_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .thenRun(() -> listeners.values().forEach(PortListener::accept));
    }

    /** A pod gets traffic as long as it is ready: where the app is absent, somebody must be there to take it. */
    private void readyWhileServed(SidecarPlan plan) {
        if (plan.ports().stream().noneMatch(SidecarPlan.PlannedPort::absent)) {
            readiness.ready(true);
            return;
        }
        opened.add(link.rules().watch(rules -> readiness.ready(plan.served(rules))));
    }

    private TcpForwarder forwarder(
            SidecarPlan plan,
            SidecarPlan.PlannedPort planned,
            AppAddresses addresses,
            EventLoopGroup loops,
            Supplier<RouteTable> rules,
            ClientFlows clients,
            ClientMirrors mirrors) {
        Port port = planned.app();
        PortUpstreams upstreams = new PortUpstreams(addresses, clients);
        PortServices services = new PortServices(port, () -> rules.get().of(port), upstreams, mirrors, report);
        PortProtocol protocol = plan.protocol(planned);
        TlsHandler tls =
                certificates.containsKey(port) ? new TlsHandler(services, certificates.get(port), protocol) : null;
        ProtocolHandlers speech = new ProtocolHandlers(protocol.mayParse(), tls, new Http2Handler(services));
        TcpForwarder forwarder = new TcpForwarder(services, upstreams, loops, speech);
        forwarders.add(forwarder);
        return forwarder;
    }

    /** Ports whose TLS is passed on unopened although there should be certificates for it, and why. */
    private Map<Port, String> sealed() {
        Map<Port, String> sealed = new LinkedHashMap<>();
        certificates.forEach((port, of) -> of.obstacle().ifPresent(why -> sealed.put(port, why)));
        return sealed;
    }

    /** The rules in force, without a lock: they are asked at every request. */
    private Supplier<RouteTable> follow(Watched<RouteTable> rules) {
        AtomicReference<RouteTable> latest = new AtomicReference<>(RouteTable.NONE);
        retell = () -> {
            synchronized (rules) {
                RouteTable now = rules.get();
                latest.set(leaving ? now.leaving() : now);
            }
            forwarders.forEach(TcpForwarder::rulesChanged);
        };
        opened.add(rules.watch(_ -> retell.run()));
        return latest::get;
    }

    /** The listener of each planned port. */
    Map<SidecarPlan.PlannedPort, PortListener> listeners() {
        return Map.copyOf(listeners);
    }

    ManagerClient link() {
        return link;
    }

    InetSocketAddress readyAddress() {
        return readiness.address();
    }

    /** Connections and datagram sources that are open now, and flows to laptops. */
    int open() {
        return listeners.values().stream().mapToInt(PortListener::open).sum() + link.flows();
    }

    /**
     * Goes on serving, ready as before, as long as the application's ports accept, or a client still gets new
     * connections; then stops accepting, says "not ready", and lets the connections that are open end. Blocks, until the
     * deadline at most.
     *
     * @param grace has begun
     */
    Drain.Outcome drain(GracePeriod grace, Time time) {
        leave();
        List<ServedPort> served = listeners.entrySet().stream()
                .map(e -> new ServedPort(e.getKey(), e.getValue(), () -> engaged(e.getKey())))
                .toList();
        return new Drain(served, sockets, time, readiness::end).await(grace::deadlineNanos);
    }

    /** From now on callers that keep connections to laptops are asked to open others, elsewhere. */
    void leave() {
        leaving = true;
        retell.run();
    }

    private boolean engaged(SidecarPlan.PlannedPort port) {
        return !link.rules().get().of(port.app()).takers().isEmpty();
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }
}

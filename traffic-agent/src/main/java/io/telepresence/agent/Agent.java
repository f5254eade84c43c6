package io.telepresence.agent;

import io.netty.channel.EventLoopGroup;
import io.telepresence.agent.api.Consumption;
import io.telepresence.agent.drain.AppSockets;
import io.telepresence.agent.drain.Drain;
import io.telepresence.agent.drain.GracePeriod;
import io.telepresence.agent.drain.Time;
import io.telepresence.agent.http2.Http2Speaker;
import io.telepresence.agent.link.ClientFlows;
import io.telepresence.agent.link.ManagerLink;
import io.telepresence.agent.port.KeptSockets;
import io.telepresence.agent.port.PortListener;
import io.telepresence.agent.reach.PodReaches;
import io.telepresence.agent.report.Reporter;
import io.telepresence.agent.rules.AppAddresses;
import io.telepresence.agent.rules.TrafficRules;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.PortUpstreams;
import io.telepresence.agent.tap.LaptopTaps;
import io.telepresence.agent.tap.TapBudget;
import io.telepresence.agent.tap.TapLimits;
import io.telepresence.agent.tcp.Speech;
import io.telepresence.agent.tcp.TcpForwarder;
import io.telepresence.agent.tls.Certificates;
import io.telepresence.agent.tls.TlsSpeaker;
import io.telepresence.agent.udp.UdpForwarder;
import io.telepresence.agent.view.AppPod;
import io.telepresence.agree.AddressText;
import io.telepresence.agree.PortProtocol;
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
    private final Map<AgentPlan.PlannedPort, PortListener> listeners = new LinkedHashMap<>();
    private final List<TcpForwarder> forwarders = new CopyOnWriteArrayList<>();
    private final Reporter report = new Reporter();
    private final TapBudget tapped = new TapBudget(TapLimits.DEFAULT);
    private final Map<Port, Certificates> certificates = new LinkedHashMap<>();
    private ReadyServer readiness;
    private ManagerLink link;
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
            ManagerLink.Settings link) {}

    private Agent() {}

    /** @throws FaultException if a port cannot be had; nothing is left open then */
    static Agent open(AgentPlan plan, PodIdentity pod, Settings settings) throws FaultException {
        Agent agent = new Agent();
        try {
            agent.start(plan, pod, settings);
            return agent;
        } catch (FaultException | RuntimeException e) {
            agent.opened.closeAfter(e);
            throw e;
        }
    }

    private void start(AgentPlan plan, PodIdentity pod, Settings settings) throws FaultException {
        EventLoopGroup loops = Loops.create("ports", LOOPS);
        opened.add(() -> Loops.shutdown(loops));
        readiness = opened.add(ReadyServer.open(
                new InetSocketAddress(settings.bind(), settings.readyPort()), loops, settings.sockets()));
        PodReaches reaches = new PodReaches(settings.app(), settings.udpIdle());
        for (AgentPlan.PlannedPort port : plan.ports()) {
            plan.tls(port).ifPresent(tls -> certificates.put(port.app(), new Certificates(tls)));
        }
        link = opened.add(ManagerLink.open(settings.link(), report, reaches, this::sealed));
        ClientFlows clients = link.clientFlows();
        sockets = new AppSockets(pod.ip());
        Supplier<TrafficRules> rules = follow(link.rules());
        int apiPort = plan.config().getApiPort();
        if (apiPort != 0) {
            // For the app alone: the answers tell of engagements.
            InetSocketAddress at = new InetSocketAddress(InetAddress.getLoopbackAddress(), apiPort);
            opened.add(
                    RestServer.open(at, loops, false, caller -> true, new Consumption(rules, link::metadata)::judge));
        }
        for (AgentPlan.PlannedPort port : plan.ports()) {
            InetSocketAddress at = new InetSocketAddress(settings.bind(), port.agentPort());
            AppAddresses app = new AppAddresses(pod.ip(), port.app().number(), port.absent());
            LaptopTaps taps = new LaptopTaps(app.official(), clients, tapped, report);
            PortListener listener =
                    switch (port.app().transport()) {
                        case TCP ->
                            PortListener.tcp(
                                    at,
                                    loops,
                                    settings.sockets(),
                                    forwarder(plan, port, app, loops, rules, clients, taps));
                        case UDP ->
                            PortListener.udp(
                                    at,
                                    loops,
                                    new UdpForwarder(port.app(), app, rules, clients, taps, settings.udpIdle()));
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
    private void readyWhileServed(AgentPlan plan) {
        if (plan.ports().stream().noneMatch(AgentPlan.PlannedPort::absent)) {
            readiness.ready(true);
            return;
        }
        opened.add(link.rules().watch(rules -> readiness.ready(plan.served(rules))));
    }

    private TcpForwarder forwarder(
            AgentPlan plan,
            AgentPlan.PlannedPort planned,
            AppAddresses addresses,
            EventLoopGroup loops,
            Supplier<TrafficRules> rules,
            ClientFlows clients,
            LaptopTaps taps) {
        Port port = planned.app();
        PortUpstreams upstreams = new PortUpstreams(addresses, clients);
        PortServices services = new PortServices(port, () -> rules.get().of(port), upstreams, taps, report);
        PortProtocol protocol = plan.protocol(planned);
        TlsSpeaker tls =
                certificates.containsKey(port) ? new TlsSpeaker(services, certificates.get(port), protocol) : null;
        Speech speech = new Speech(protocol.mayParse(), tls, new Http2Speaker(services));
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
    private Supplier<TrafficRules> follow(Watched<TrafficRules> rules) {
        AtomicReference<TrafficRules> latest = new AtomicReference<>(TrafficRules.NONE);
        retell = () -> {
            synchronized (rules) {
                TrafficRules now = rules.get();
                latest.set(leaving ? now.leaving() : now);
            }
            forwarders.forEach(TcpForwarder::rulesChanged);
        };
        opened.add(rules.watch(_ -> retell.run()));
        return latest::get;
    }

    /** The listener of each planned port. */
    Map<AgentPlan.PlannedPort, PortListener> listeners() {
        return Map.copyOf(listeners);
    }

    ManagerLink link() {
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

    private boolean engaged(AgentPlan.PlannedPort port) {
        return !link.rules().get().of(port.app()).takers().isEmpty();
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }
}

package io.telepresence.agent;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.telepresence.agent.podinfo.AppEnvironment;
import io.telepresence.agent.podinfo.AppPod;
import io.telepresence.agent.podinfo.ViewTranslator;
import io.telepresence.agent.route.RouteTable;
import io.telepresence.agent.sftp.ThreadIdentity;
import io.telepresence.agent.tls.TlsSettings;
import io.telepresence.agree.PortProtocol;
import io.telepresence.agree.Transport;
import io.telepresence.agree.Versions;
import io.telepresence.base.AddressText;
import io.telepresence.engagement.Port;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.agent.AgentArrival;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import io.telepresence.tunnel.grpc.ServiceAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the injector wrote into the pod, read and checked. The only class that knows its form on the wire.
 *
 * @param config as it was written
 * @param ports every port that the agent stands in for, in the order written
 */
record SidecarPlan(AgentConfig config, List<PlannedPort> ports) {
    /**
     * One port that the agent stands in for.
     *
     * @param app where the app listens
     * @param agentPort where the agent listens instead
     * @param redirect whether packets to the app's port must be redirected to the agent's
     * @param direct where packets are redirected to the app's port, past the agent; zero: nowhere
     */
    record PlannedPort(Port app, int agentPort, boolean redirect, int direct) {
        PlannedPort(Port app, int agentPort, boolean redirect) {
            this(app, agentPort, redirect, 0);
        }

        /** Whether the container is replaced: the agent listens where it would. */
        boolean absent() {
            return agentPort == app.number() && !redirect;
        }
    }

    SidecarPlan {
        ports = List.copyOf(ports);
    }

    /** @throws FaultException with one sentence that names the file and what is wrong in it */
    static SidecarPlan read(Path file) throws FaultException {
        try {
            return parse(Files.readString(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw bad(
                    "cannot read agent configuration " + file + ": "
                            + e.getClass().getSimpleName(),
                    e);
        }
    }

    static SidecarPlan parse(String json) throws FaultException {
        AgentConfig.Builder builder = AgentConfig.newBuilder();
        try {
            // An injector newer than this agent may say more than we know.
            JsonFormat.parser().ignoringUnknownFields().merge(json, builder);
        } catch (InvalidProtocolBufferException e) {
            throw bad("the agent configuration is not valid JSON of its kind: " + firstLine(e), e);
        }
        AgentConfig config = builder.build();
        require(!config.getManagerHost().isEmpty(), "managerHost is missing");
        require(isPort(config.getManagerPort()), "managerPort is " + config.getManagerPort());
        require(
                config.getManagerAddress().isEmpty() || isAddress(config.getManagerAddress()),
                "managerAddress is " + config.getManagerAddress());
        return new SidecarPlan(config, ports(config));
    }

    /**
     * Whether somebody takes the traffic of every container that is not in the pod: of one of its ports, since a client
     * says which ones it wants. A container without ports has no traffic.
     */
    boolean served(RouteTable rules) {
        return config.getContainersList().stream()
                .map(this::absent)
                .allMatch(absent -> absent.isEmpty()
                        || absent.stream()
                                .anyMatch(port -> !rules.of(port).takers().isEmpty()));
    }

    private List<Port> absent(AgentContainer container) {
        Set<Port> own = container.getPortsList().stream()
                .map(port -> app(port.getProtocol().name(), port.getContainerPort()))
                .collect(Collectors.toSet());
        return ports.stream()
                .filter(port -> port.absent() && own.contains(port.app()))
                .map(PlannedPort::app)
                .toList();
    }

    private static Port app(String transport, int number) {
        return new Port(Transport.valueOf(transport), number);
    }

    /** Where the manager is: known by its name, and by its address where the pod cannot look that up. */
    SocketAddress manager() {
        return config.getManagerAddress().isEmpty()
                ? InetSocketAddress.createUnresolved(config.getManagerHost(), config.getManagerPort())
                : new ServiceAddress(
                        config.getManagerHost(),
                        config.getManagerPort(),
                        InetAddress.ofLiteral(config.getManagerAddress()));
    }

    /** How the agent presents itself to the manager. */
    AgentArrival arrival(PodIdentity pod) {
        return AgentArrival.newBuilder()
                .setPodName(pod.name())
                .setPodUid(pod.uid())
                .setPodIp(AddressText.of(pod.ip()))
                .setNamespace(pod.namespace())
                .setWorkload(config.getWorkload())
                .setWorkloadKind(config.getWorkloadKind())
                .setVersion(Versions.info("Traffic Agent"))
                .addAllContainers(config.getContainersList())
                .build();
    }

    /**
     * What clients may see of the application.
     *
     * @param environment of the agent
     * @param mounts where the agent has the application's volumes
     */
    AppPod app(PodIdentity pod, Map<String, ByteString> environment, Path mounts) {
        return new AppPod(
                pod.name(),
                AddressText.of(pod.ip()),
                ViewTranslator.containers(config, ThreadIdentity.permitted()),
                new AppEnvironment(
                        environment, Set.copyOf(config.getEnvironmentExcludedList()), config.getNarrowNames()),
                ownUser(),
                mounts);
    }

    private static long ownUser() {
        try {
            return ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What callers of that port speak, as far as it was declared. */
    PortProtocol protocol(PlannedPort port) {
        AgentPort written = written(port);
        return PortProtocol.of(
                !written.getDownstreamTlsDir().isEmpty(),
                written.getAppProtocol(),
                written.getName(),
                port.app().number());
    }

    /** Where the certificates of that port are; empty: the agent has none to answer callers with. */
    Optional<TlsSettings> tls(PlannedPort port) {
        AgentPort written = written(port);
        return written.getDownstreamTlsDir().isEmpty()
                ? Optional.empty()
                : Optional.of(new TlsSettings(
                        Path.of(written.getDownstreamTlsDir()),
                        written.getUpstreamTlsDir().isEmpty() ? null : Path.of(written.getUpstreamTlsDir()),
                        written.getUpstreamInsecureSkipVerify()));
    }

    private AgentPort written(PlannedPort port) {
        return config.getContainersList().stream()
                .flatMap(c -> c.getPortsList().stream())
                .filter(p -> p.getContainerPort() == port.app().number()
                        && p.getProtocol().name().equals(port.app().transport().name()))
                .findFirst()
                .orElse(AgentPort.getDefaultInstance());
    }

    private static List<PlannedPort> ports(AgentConfig config) throws FaultException {
        List<PlannedPort> ports = new ArrayList<>();
        Set<Object> taken = new HashSet<>();
        for (AgentContainer container : config.getContainersList()) {
            for (AgentPort port : container.getPortsList()) {
                PlannedPort planned = port(container.getName(), port);
                require(taken.add(planned.app()), "container port " + planned.app() + " appears twice");
                require(
                        taken.add(List.of(planned.app().transport(), planned.agentPort())),
                        "agent port " + planned.agentPort() + " appears twice");
                require(
                        planned.direct() == 0 || taken.add(List.of(planned.app().transport(), planned.direct())),
                        "direct port " + planned.direct() + " appears twice");
                ports.add(planned);
            }
        }
        return ports;
    }

    private static PlannedPort port(String container, AgentPort port) throws FaultException {
        Transport transport =
                switch (port.getProtocol()) {
                    case TCP -> Transport.TCP;
                    case UDP -> Transport.UDP;
                    case UNRECOGNIZED ->
                        throw bad("container " + container + " has a port of an unknown protocol", null);
                };
        require(isPort(port.getContainerPort()), "container " + container + " has port " + port.getContainerPort());
        require(
                isPort(port.getAgentPort()),
                "port " + port.getContainerPort() + " of container " + container + " has agent port "
                        + port.getAgentPort());
        require(
                port.getDirectPort() == 0 || isPort(port.getDirectPort()),
                "port " + port.getContainerPort() + " of container " + container + " has direct port "
                        + port.getDirectPort());
        return new PlannedPort(
                new Port(transport, port.getContainerPort()),
                port.getAgentPort(),
                port.getRedirect(),
                port.getDirectPort());
    }

    private static boolean isAddress(String text) {
        try {
            return !InetAddress.ofLiteral(text).isAnyLocalAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isPort(int number) {
        return number > 0 && number <= 65535;
    }

    private static void require(boolean fine, String trouble) throws FaultException {
        if (!fine) {
            throw bad("the agent configuration is wrong: " + trouble, null);
        }
    }

    private static FaultException bad(String text, Throwable cause) {
        return Fault.config(text, "The traffic-manager's injector writes it; restart the pod to get a new one.")
                .exception(cause);
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}

package io.telepresence.engagement;

import io.telepresence.agree.Transport;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.engagement.HttpPath;
import io.telepresence.rpc.engagement.PodPort;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Engagements from and to the wire: the only class that knows their messages. Pure. */
public final class EngagementCodec {
    private EngagementCodec() {}

    /** @throws FaultException the kind is none that this version knows, or a filter or a port is none */
    public static EngagementSpec spec(io.telepresence.rpc.engagement.EngagementSpec wire) throws FaultException {
        EngagementKind kind = kind(wire.getKind())
                .orElseThrow(() -> Fault.user("this version does not know that kind of engagement", "")
                        .exception());
        List<Port> toPod = new ArrayList<>();
        for (PodPort port : wire.getToPodList()) {
            if (!Port.isNumber(port.getPort())) {
                throw Fault.user(Integer.toUnsignedString(port.getPort()) + " is not a port number", "")
                        .exception();
            }
            toPod.add(port(port));
        }
        return spec(wire, kind, filter(wire), toPod);
    }

    /** Empty: it is of a kind that only a later version knows. */
    public static Optional<Engagement> engagement(io.telepresence.rpc.engagement.Engagement wire) {
        return kind(wire.getSpec().getKind()).map(kind -> {
            List<Port> toPod = wire.getSpec().getToPodList().stream()
                    .filter(p -> Port.isNumber(p.getPort()))
                    .map(EngagementCodec::port)
                    .toList();
            EngagementSpec spec = spec(wire.getSpec(), kind, readable(wire.getSpec()), toPod);
            return new Engagement(wire.getId(), wire.getClient(), spec, status(wire));
        });
    }

    /** Without those of kinds that only a later version knows. */
    public static List<Engagement> engagements(List<io.telepresence.rpc.engagement.Engagement> wire) {
        return wire.stream()
                .map(EngagementCodec::engagement)
                .flatMap(Optional::stream)
                .toList();
    }

    public static List<Engagement> engagements(EngagementSnapshot wire) {
        return engagements(wire.getEngagementsList());
    }

    public static EngagementSnapshot snapshot(List<Engagement> engagements) {
        return EngagementSnapshot.newBuilder()
                .addAllEngagements(
                        engagements.stream().map(EngagementCodec::toWire).toList())
                .build();
    }

    public static io.telepresence.rpc.engagement.Engagement toWire(Engagement engagement) {
        EngagementStatus status = engagement.status();
        var wire = io.telepresence.rpc.engagement.Engagement.newBuilder()
                .setId(engagement.id())
                .setSpec(toWire(engagement.spec()))
                .setClient(engagement.client())
                .setState(toWire(status.state()))
                .setDisposition(status.state().text())
                .setMessage(status.message())
                .setWorkloadKind(status.workloadKind())
                .addAllPorts(
                        status.ports().stream().map(EngagementCodec::toWire).toList())
                .setPodIp(status.podIp())
                .setContainer(status.container());
        status.count().ifPresent(count -> wire.setCount(toWire(engagement.id(), count)));
        return wire.build();
    }

    public static io.telepresence.rpc.engagement.EngagementSpec toWire(EngagementSpec spec) {
        EngagementOptions options = spec.options();
        return io.telepresence.rpc.engagement.EngagementSpec.newBuilder()
                .setKind(toWire(spec.kind()))
                .setName(spec.name())
                .setNamespace(spec.namespace())
                .setWorkload(spec.workload())
                .setWorkloadKind(spec.workloadKind())
                .setService(spec.service())
                .setContainer(spec.container())
                .setTargetHost(spec.targetHost())
                .addAllPorts(spec.ports().stream().map(EngagementCodec::toWire).toList())
                .addAllHttpHeaders(options.filter().headers().stream()
                        .map(EngagementCodec::toWire)
                        .toList())
                .addAllHttpPaths(options.filter().paths().stream()
                        .map(EngagementCodec::toWire)
                        .toList())
                .setMechanism(options.mechanism())
                .setPlaintext(options.plaintext())
                .putAllMetadata(options.metadata())
                .addAllToPod(
                        options.toPod().stream().map(EngagementCodec::toWire).toList())
                .build();
    }

    public static io.telepresence.rpc.engagement.TrafficCount toWire(String engagementId, TrafficCount count) {
        return io.telepresence.rpc.engagement.TrafficCount.newBuilder()
                .setEngagementId(engagementId)
                .setDelivered(count.delivered())
                .setDropped(count.dropped())
                .setFailedOpen(count.failedOpen())
                .build();
    }

    public static TrafficCount count(io.telepresence.rpc.engagement.TrafficCount wire) {
        return new TrafficCount(wire.getDelivered(), wire.getDropped(), wire.getFailedOpen());
    }

    /** @return {@link Transport#TCP} for everything but UDP */
    public static Transport transport(Protocol wire) {
        return wire == Protocol.UDP ? Transport.UDP : Transport.TCP;
    }

    public static Protocol toWire(Transport transport) {
        return transport == Transport.UDP ? Protocol.UDP : Protocol.TCP;
    }

    private static EngagementSpec spec(
            io.telepresence.rpc.engagement.EngagementSpec wire,
            EngagementKind kind,
            HttpFilter filter,
            List<Port> toPod) {
        return new EngagementSpec(
                kind,
                wire.getName(),
                wire.getNamespace(),
                wire.getWorkload(),
                wire.getWorkloadKind(),
                wire.getService(),
                wire.getContainer(),
                wire.getTargetHost(),
                wire.getPortsList().stream()
                        .map(p -> new PortRequest(p.getLocalPort(), p.getIdentifier()))
                        .toList(),
                new EngagementOptions(filter, wire.getMechanism(), wire.getPlaintext(), wire.getMetadataMap(), toPod));
    }

    private static EngagementStatus status(io.telepresence.rpc.engagement.Engagement wire) {
        return new EngagementStatus(
                state(wire),
                wire.getMessage(),
                wire.getWorkloadKind(),
                wire.getContainer(),
                wire.getPortsList().stream()
                        .filter(EngagementCodec::isKnown)
                        .map(EngagementCodec::port)
                        .toList(),
                wire.getPodIp(),
                wire.hasCount() ? Optional.of(count(wire.getCount())) : Optional.empty());
    }

    private static boolean isKnown(io.telepresence.rpc.engagement.EngagedPort wire) {
        return wire.getProtocol() != Protocol.UNRECOGNIZED && Port.isNumber(wire.getContainerPort());
    }

    private static EngagedPort port(io.telepresence.rpc.engagement.EngagedPort wire) {
        return new EngagedPort(
                new Port(transport(wire.getProtocol()), wire.getContainerPort()),
                wire.getLocalPort() == 0 ? wire.getContainerPort() : wire.getLocalPort(),
                wire.getContainer(),
                wire.getServiceName(),
                wire.getServicePortName(),
                wire.getServicePort());
    }

    private static Port port(PodPort wire) {
        return new Port(transport(wire.getProtocol()), wire.getPort());
    }

    private static HttpFilter readable(io.telepresence.rpc.engagement.EngagementSpec wire) {
        try {
            return filter(wire);
        } catch (FaultException e) {
            return HttpFilter.UNKNOWN;
        }
    }

    private static HttpFilter filter(io.telepresence.rpc.engagement.EngagementSpec wire) throws FaultException {
        List<HeaderMatch> headers = new ArrayList<>();
        for (HttpHeader header : wire.getHttpHeadersList()) {
            headers.add(HeaderMatch.of(header.getName(), header.getValue()));
        }
        List<PathMatch> paths = new ArrayList<>();
        for (HttpPath path : wire.getHttpPathsList()) {
            paths.add(PathMatch.of(kind(path.getKind()), path.getValue()));
        }
        return new HttpFilter(headers, paths);
    }

    private static PathMatch.Kind kind(HttpPath.Kind wire) throws FaultException {
        return switch (wire) {
            case EQUAL -> PathMatch.Kind.EQUAL;
            case PREFIX -> PathMatch.Kind.PREFIX;
            case REGEX -> PathMatch.Kind.REGEX;
            case UNRECOGNIZED ->
                throw Fault.user("a kind of path filter that this version does not know", "Update it")
                        .exception();
        };
    }

    private static Optional<EngagementKind> kind(io.telepresence.rpc.engagement.EngagementKind wire) {
        return switch (wire) {
            case INTERCEPT -> Optional.of(EngagementKind.INTERCEPT);
            case REPLACE -> Optional.of(EngagementKind.REPLACE);
            case WIRETAP -> Optional.of(EngagementKind.WIRETAP);
            case INGEST -> Optional.of(EngagementKind.INGEST);
            case KIND_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
        };
    }

    public static EngagementState state(io.telepresence.rpc.engagement.Engagement wire) {
        return switch (wire.getState()) {
            case WAITING -> EngagementState.WAITING;
            case ACTIVE -> EngagementState.ACTIVE;
            case TERMINATING -> EngagementState.TERMINATING;
            case REMOVED -> EngagementState.REMOVED;
            case STATE_UNSPECIFIED -> EngagementState.of(wire.getDisposition());
            case UNRECOGNIZED -> EngagementState.UNKNOWN;
        };
    }

    private static io.telepresence.rpc.engagement.EngagementState toWire(EngagementState state) {
        return switch (state) {
            case WAITING -> io.telepresence.rpc.engagement.EngagementState.WAITING;
            case ACTIVE -> io.telepresence.rpc.engagement.EngagementState.ACTIVE;
            case TERMINATING -> io.telepresence.rpc.engagement.EngagementState.TERMINATING;
            case REMOVED -> io.telepresence.rpc.engagement.EngagementState.REMOVED;
            case UNKNOWN -> io.telepresence.rpc.engagement.EngagementState.STATE_UNSPECIFIED;
        };
    }

    public static io.telepresence.rpc.engagement.EngagementKind toWire(EngagementKind kind) {
        return switch (kind) {
            case INTERCEPT -> io.telepresence.rpc.engagement.EngagementKind.INTERCEPT;
            case REPLACE -> io.telepresence.rpc.engagement.EngagementKind.REPLACE;
            case WIRETAP -> io.telepresence.rpc.engagement.EngagementKind.WIRETAP;
            case INGEST -> io.telepresence.rpc.engagement.EngagementKind.INGEST;
        };
    }

    private static io.telepresence.rpc.engagement.PortRequest toWire(PortRequest request) {
        return io.telepresence.rpc.engagement.PortRequest.newBuilder()
                .setLocalPort(request.localPort())
                .setIdentifier(request.identifier())
                .build();
    }

    private static HttpHeader toWire(HeaderMatch header) {
        return HttpHeader.newBuilder()
                .setName(header.name())
                .setValue(header.value())
                .build();
    }

    private static HttpPath toWire(PathMatch path) {
        return HttpPath.newBuilder()
                .setKind(
                        switch (path.kind()) {
                            case EQUAL -> HttpPath.Kind.EQUAL;
                            case PREFIX -> HttpPath.Kind.PREFIX;
                            case REGEX -> HttpPath.Kind.REGEX;
                        })
                .setValue(path.value())
                .build();
    }

    private static PodPort toWire(Port port) {
        return PodPort.newBuilder()
                .setProtocol(toWire(port.transport()))
                .setPort(port.number())
                .build();
    }

    private static io.telepresence.rpc.engagement.EngagedPort toWire(EngagedPort port) {
        return io.telepresence.rpc.engagement.EngagedPort.newBuilder()
                .setProtocol(toWire(port.port().transport()))
                .setLocalPort(port.localPort())
                .setContainerPort(port.containerPort())
                .setContainer(port.container())
                .setServiceName(port.service())
                .setServicePortName(port.servicePortName())
                .setServicePort(port.servicePort())
                .build();
    }
}

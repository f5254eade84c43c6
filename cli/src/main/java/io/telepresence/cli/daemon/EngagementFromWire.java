package io.telepresence.cli.daemon;

import com.google.protobuf.ByteString;
import io.telepresence.cli.env.EnvBytes;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.engagement.EngagedPort;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.HttpPath;
import io.telepresence.rpc.engagement.TrafficCount;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Engagements as what the commands show. */
final class EngagementFromWire {
    private EngagementFromWire() {}

    /** Empty: its kind is one that only a later version knows. */
    static Optional<Engagement> engagement(io.telepresence.rpc.engagement.Engagement wire) {
        return EngagementCodec.kind(wire.getSpec().getKind()).map(kind -> engagement(kind, wire));
    }

    private static Engagement engagement(EngagementKind kind, io.telepresence.rpc.engagement.Engagement wire) {
        EngagementSpec spec = wire.getSpec();
        return new Engagement(
                new Engagement.Identity(wire.getId(), spec.getName(), kind, wire.getClient()),
                new Engagement.State(wire.getDisposition(), wire.getMessage()),
                new Engagement.Target(
                        spec.getWorkload(),
                        wire.getWorkloadKind(),
                        spec.getNamespace(),
                        wire.getContainer().isEmpty() ? spec.getContainer() : wire.getContainer(),
                        spec.getTargetHost(),
                        wire.getPodIp()),
                wire.getPortsList().stream().map(EngagementFromWire::port).toList(),
                requests(spec),
                new Engagement.Pod(environment(wire.getEnvironmentMap()), mount(wire.getMount())),
                wire.hasCount() ? Optional.of(copies(wire.getCount())) : Optional.empty());
    }

    private static Map<String, String> environment(Map<String, ByteString> wire) {
        Map<String, String> values = new TreeMap<>();
        wire.forEach((name, value) -> values.put(name, EnvBytes.text(value.toByteArray())));
        return values;
    }

    private static Engagement.Port port(EngagedPort wire) {
        return new Engagement.Port(
                wire.getProtocol() == Protocol.UDP ? "UDP" : "TCP",
                wire.getLocalPort(),
                wire.getContainerPort(),
                wire.getServiceName(),
                wire.getServicePortName(),
                wire.getServicePort());
    }

    private static Engagement.Requests requests(EngagementSpec spec) {
        List<String> filters = new ArrayList<>();
        for (HttpPath path : spec.getHttpPathsList()) {
            filters.add("path-" + path.getKind().name().toLowerCase(Locale.ROOT) + "=" + path.getValue());
        }
        spec.getHttpHeadersList().forEach(h -> filters.add("header=" + h.getName() + ": " + h.getValue()));
        return new Engagement.Requests(
                filters.isEmpty() ? "" : description(spec),
                List.copyOf(filters),
                spec.getMechanism(),
                new TreeMap<>(spec.getMetadataMap()));
    }

    private static String description(EngagementSpec spec) {
        try {
            return HttpFilter.of(spec).describe();
        } catch (FaultException e) {
            return "HTTP requests with a filter that this version cannot read";
        }
    }

    private static Engagement.Mount mount(io.telepresence.rpc.engagement.Mount wire) {
        return new Engagement.Mount(
                wire.getLocalDir(),
                wire.getRemoteDir(),
                wire.getError(),
                wire.getPodIp(),
                wire.getPort(),
                List.copyOf(wire.getMountsList()));
    }

    private static Engagement.Copies copies(TrafficCount wire) {
        return new Engagement.Copies(wire.getDelivered(), wire.getDropped(), wire.getFailedOpen());
    }
}

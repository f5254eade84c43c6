package io.telepresence.cli.connector;

import com.google.protobuf.ByteString;
import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.env.EnvBytes;
import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementStatus;
import io.telepresence.engagement.HttpFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Engagements as what the commands show. */
final class EngagementFromWire {
    private EngagementFromWire() {}

    /** Empty: its kind is one that only a later version knows. */
    static Optional<ClientEngagement> engagement(io.telepresence.rpc.connector.ClientEngagement wire) {
        return EngagementCodec.engagement(wire.getEngagement()).map(reported -> engagement(reported, wire));
    }

    /** The same of one of which this client has nothing. */
    static Optional<ClientEngagement> engagement(io.telepresence.rpc.engagement.Engagement wire) {
        return engagement(io.telepresence.rpc.connector.ClientEngagement.newBuilder()
                .setEngagement(wire)
                .build());
    }

    private static ClientEngagement engagement(
            io.telepresence.engagement.Engagement reported, io.telepresence.rpc.connector.ClientEngagement wire) {
        EngagementSpec spec = reported.spec();
        EngagementStatus status = reported.status();
        return new ClientEngagement(
                new ClientEngagement.Identity(reported.id(), spec.name(), spec.kind(), reported.client()),
                new ClientEngagement.State(
                        status.state(), status.message().isEmpty() ? wire.getLack() : status.message()),
                new ClientEngagement.Target(
                        spec.workload(),
                        status.workloadKind(),
                        spec.namespace(),
                        status.container().isEmpty() ? spec.container() : status.container(),
                        spec.targetHost(),
                        status.podIp()),
                status.ports().stream().map(EngagementFromWire::port).toList(),
                requests(spec),
                new ClientEngagement.Pod(environment(wire.getEnvironmentMap()), mount(wire.getMount())),
                status.count());
    }

    private static Map<String, String> environment(Map<String, ByteString> wire) {
        Map<String, String> values = new TreeMap<>();
        wire.forEach((name, value) -> values.put(name, EnvBytes.text(value.toByteArray())));
        return values;
    }

    private static ClientEngagement.Port port(EngagedPort port) {
        return new ClientEngagement.Port(
                port.port().transport().name(),
                port.localPort(),
                port.containerPort(),
                port.service(),
                port.servicePortName(),
                port.servicePort());
    }

    private static ClientEngagement.Requests requests(EngagementSpec spec) {
        HttpFilter filter = spec.filter();
        List<String> conditions = new ArrayList<>();
        if (!filter.isUnknown()) {
            filter.paths().forEach(p -> conditions.add(p.kind().word() + "=" + p.value()));
            filter.headers().forEach(h -> conditions.add("header=" + h.name() + ": " + h.value()));
        }
        return new ClientEngagement.Requests(
                filter.takesEverything() ? "" : filter.describe(),
                List.copyOf(conditions),
                spec.options().mechanism(),
                new TreeMap<>(spec.options().metadata()));
    }

    private static ClientEngagement.Mount mount(io.telepresence.rpc.connector.Mount wire) {
        return new ClientEngagement.Mount(
                wire.getLocalDir(),
                wire.getRemoteDir(),
                wire.getError(),
                wire.getPodIp(),
                wire.getPort(),
                List.copyOf(wire.getMountsList()));
    }
}

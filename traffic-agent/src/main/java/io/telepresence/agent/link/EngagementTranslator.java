package io.telepresence.agent.link;

import io.telepresence.agent.rules.AppPort;
import io.telepresence.agent.rules.Target;
import io.telepresence.agent.rules.TrafficRules;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.RequestRouter;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.engagement.EngagedPort;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Engagements as the manager tells them, as rules. */
final class EngagementTranslator {
    private static final String LOCALHOST = "127.0.0.1";
    private static final Logger LOG = LoggerFactory.getLogger(EngagementTranslator.class);

    private EngagementTranslator() {}

    /** Kinds, states, ports and filters that we do not know are passed over. */
    static TrafficRules fromWire(EngagementSnapshot snapshot) {
        TrafficRules.Builder rules = TrafficRules.builder();
        for (Engagement engagement : snapshot.getEngagementsList()) {
            Optional<EngagementKind> kind =
                    EngagementCodec.kind(engagement.getSpec().getKind());
            Optional<EngagementState> state = EngagementState.of(engagement.getDisposition());
            if (kind.isPresent() && state.filter(s -> s.delivers(kind.get())).isPresent()) {
                try {
                    add(rules, engagement, kind.get());
                } catch (FaultException e) {
                    LOG.warn(
                            "passing over \"{}\" of {}: {}",
                            engagement.getSpec().getName(),
                            engagement.getClient(),
                            e.fault());
                }
            }
        }
        return rules.build();
    }

    /** Of all engagements that are told, in force or not. */
    static Set<String> ids(EngagementSnapshot snapshot) {
        return snapshot.getEngagementsList().stream().map(Engagement::getId).collect(Collectors.toUnmodifiableSet());
    }

    /** What users said of their engagements, by engagement id. */
    static Map<String, Map<String, String>> metadata(EngagementSnapshot snapshot) {
        return snapshot.getEngagementsList().stream()
                .filter(engagement -> engagement.getSpec().getMetadataCount() > 0)
                .collect(Collectors.toUnmodifiableMap(
                        Engagement::getId, engagement -> engagement.getSpec().getMetadataMap(), (one, same) -> one));
    }

    private static void add(TrafficRules.Builder rules, Engagement engagement, EngagementKind kind)
            throws FaultException {
        HttpFilter filter = kind.hasFilter() ? HttpFilter.of(engagement.getSpec()) : HttpFilter.ALL;
        for (EngagedPort engaged : engagement.getPortsList()) {
            if (known(engaged)) {
                AppPort port = new AppPort(
                        engaged.getProtocol() == Protocol.UDP ? AppPort.Transport.UDP : AppPort.Transport.TCP,
                        engaged.getContainerPort());
                rules.add(port, new RequestRouter.Rule<>(target(engagement, engaged), kind, filter));
            }
        }
    }

    private static Target target(Engagement engagement, EngagedPort port) {
        String host = engagement.getSpec().getTargetHost();
        return new Target(
                engagement.getId(),
                host.isEmpty() ? LOCALHOST : host,
                port.getLocalPort() == 0 ? port.getContainerPort() : port.getLocalPort(),
                engagement.getSpec().getPlaintext());
    }

    private static boolean known(EngagedPort port) {
        return port.getProtocol() != Protocol.UNRECOGNIZED
                && port.getContainerPort() > 0
                && port.getContainerPort() <= 65535;
    }
}

package io.telepresence.agent.link;

import io.telepresence.agent.rules.AppPort;
import io.telepresence.agent.rules.Taker;
import io.telepresence.agent.rules.Tap;
import io.telepresence.agent.rules.Target;
import io.telepresence.agent.rules.TrafficRules;
import io.telepresence.fault.FaultException;
import io.telepresence.filter.HttpFilter;
import io.telepresence.rpc.manager.EngagedPort;
import io.telepresence.rpc.manager.Engagement;
import io.telepresence.rpc.manager.EngagementKind;
import io.telepresence.rpc.manager.EngagementSnapshot;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Engagements as the manager tells them, as rules. */
final class EngagementTranslator {
    private static final String ACTIVE = "ACTIVE";
    /** A replace delivers from the moment its pods come until the last of them has gone. */
    private static final Set<String> REPLACING = Set.of(ACTIVE, "WAITING", "ENDING");

    private static final String LOCALHOST = "127.0.0.1";
    private static final Logger LOG = LoggerFactory.getLogger(EngagementTranslator.class);

    private EngagementTranslator() {}

    /** Kinds, ports and filters that we do not know are passed over. */
    static TrafficRules fromWire(EngagementSnapshot snapshot) {
        TrafficRules.Builder rules = TrafficRules.builder();
        for (Engagement engagement : snapshot.getEngagementsList()) {
            if (counts(engagement)) {
                try {
                    add(rules, engagement, HttpFilter.of(engagement.getSpec()));
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

    private static boolean counts(Engagement engagement) {
        String disposition = engagement.getDisposition();
        return engagement.getSpec().getKind() == EngagementKind.REPLACE
                ? REPLACING.contains(disposition)
                : disposition.equals(ACTIVE);
    }

    private static void add(TrafficRules.Builder rules, Engagement engagement, HttpFilter filter) {
        for (EngagedPort engaged : engagement.getPortsList()) {
            if (!known(engaged)) {
                continue;
            }
            AppPort port = new AppPort(
                    engaged.getProtocol() == Protocol.UDP ? AppPort.Transport.UDP : AppPort.Transport.TCP,
                    engaged.getContainerPort());
            Target target = target(engagement, engaged);
            switch (engagement.getSpec().getKind()) {
                case INTERCEPT -> rules.add(port, new Taker(target, filter, Taker.Kind.INTERCEPT));
                case REPLACE -> rules.add(port, new Taker(target, HttpFilter.ALL, Taker.Kind.REPLACE));
                case WIRETAP -> rules.add(port, new Tap(target, filter));
                case INGEST, KIND_UNSPECIFIED, UNRECOGNIZED -> {}
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

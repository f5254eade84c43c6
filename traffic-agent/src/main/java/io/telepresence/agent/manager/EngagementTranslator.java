package io.telepresence.agent.manager;

import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.RouteTable;
import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.RequestRouter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Engagements as the manager reports them, as rules. */
final class EngagementTranslator {
    private static final Logger LOG = LoggerFactory.getLogger(EngagementTranslator.class);

    private EngagementTranslator() {}

    /** Filters that we do not know are passed over. */
    static RouteTable rules(List<Engagement> engagements) {
        RouteTable.Builder rules = RouteTable.builder();
        engagements.stream().filter(Engagement::delivers).forEach(engagement -> add(rules, engagement));
        return rules.build();
    }

    /** Of all engagements that are reported, in force or not. */
    static Set<String> ids(List<Engagement> engagements) {
        return engagements.stream().map(Engagement::id).collect(Collectors.toUnmodifiableSet());
    }

    /** What users said of their engagements, by engagement id. */
    static Map<String, Map<String, String>> metadata(List<Engagement> engagements) {
        return engagements.stream()
                .filter(engagement -> !engagement.spec().options().metadata().isEmpty())
                .collect(Collectors.toUnmodifiableMap(
                        Engagement::id,
                        engagement -> engagement.spec().options().metadata(),
                        (one, same) -> one));
    }

    private static void add(RouteTable.Builder rules, Engagement engagement) {
        HttpFilter filter = engagement.kind().hasFilter() ? engagement.spec().filter() : HttpFilter.ALL;
        if (filter.isUnknown()) {
            LOG.warn("passing over \"{}\" of {}: {}", engagement.name(), engagement.client(), filter.describe());
            return;
        }
        for (EngagedPort port : engagement.status().ports()) {
            rules.add(port.port(), new RequestRouter.Rule<>(target(engagement, port), engagement.kind(), filter));
        }
    }

    private static ClientEndpoint target(Engagement engagement, EngagedPort port) {
        return new ClientEndpoint(
                engagement.id(),
                engagement.spec().targetHost(),
                port.localPort(),
                engagement.spec().options().plaintext());
    }
}

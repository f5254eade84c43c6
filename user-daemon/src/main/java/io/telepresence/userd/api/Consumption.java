package io.telepresence.userd.api;

import io.telepresence.agree.AddressText;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.RequestRouter;
import io.telepresence.engagement.RequestRouter.Rule;
import io.telepresence.fault.FaultException;
import io.telepresence.rest.Answer;
import io.telepresence.rest.Question;
import io.telepresence.rpc.engagement.Engagement;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Judges messages by the filters of this laptop's engagements. Thread-safe. */
public record Consumption(Supplier<List<Engagement>> engagements) {
    private static final Logger LOG = LoggerFactory.getLogger(Consumption.class);

    /** Whether traffic of an engagement goes to that address, or it is this machine's own. */
    boolean isHandler(InetAddress caller) {
        String address = AddressText.of(caller);
        return caller.isLoopbackAddress()
                || engagements.get().stream()
                        .anyMatch(e -> e.getSpec().getTargetHost().equals(address));
    }

    Answer judge(Question question) {
        List<Rule<Engagement>> rules = new ArrayList<>();
        engagements.get().stream().filter(e -> isAbout(e, question)).forEach(e -> rule(e).ifPresent(rules::add));
        return new RequestRouter<>(rules)
                .taker(question.head())
                .map(rule -> new Answer(true, rule.engagement().getSpec().getMetadataMap()))
                .orElse(Answer.NOT);
    }

    private static boolean isAbout(Engagement engagement, Question question) {
        boolean port = question.containerPort() == 0
                || engagement.getPortsList().stream().anyMatch(p -> p.getContainerPort() == question.containerPort());
        return port
                && EngagementState.ACTIVE.text().equals(engagement.getDisposition())
                && (question.engagementId().isEmpty() || engagement.getId().equals(question.engagementId()));
    }

    private static Optional<Rule<Engagement>> rule(Engagement engagement) {
        try {
            HttpFilter filter = HttpFilter.of(engagement.getSpec());
            return EngagementCodec.kind(engagement.getSpec().getKind())
                    .map(kind -> new Rule<>(engagement, kind, filter));
        } catch (FaultException e) {
            LOG.warn("the filter of \"{}\": {}", engagement.getSpec().getName(), e.fault());
            return Optional.empty();
        }
    }
}

package io.telepresence.userd.restapi;

import io.telepresence.base.AddressText;
import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.RequestRouter;
import io.telepresence.engagement.RequestRouter.Rule;
import io.telepresence.rest.Answer;
import io.telepresence.rest.Question;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Supplier;

/** Judges messages by the filters of this laptop's engagements. Thread-safe. */
public record LocalConsumption(Supplier<List<Engagement>> engagements) {
    /** Whether traffic of an engagement goes to that address, or it is this machine's own. */
    boolean isHandler(InetAddress caller) {
        String address = AddressText.of(caller);
        return caller.isLoopbackAddress()
                || engagements.get().stream()
                        .anyMatch(e -> e.spec().targetHost().equals(address));
    }

    Answer judge(Question question) {
        List<Rule<Engagement>> rules = engagements.get().stream()
                .filter(e -> isAbout(e, question))
                .map(e -> new Rule<>(e, e.kind(), e.spec().filter()))
                .toList();
        return new RequestRouter<>(rules)
                .taker(question.head())
                .map(rule -> new Answer(true, rule.engagement().spec().options().metadata()))
                .orElse(Answer.NOT);
    }

    private static boolean isAbout(Engagement engagement, Question question) {
        boolean port = question.containerPort() == 0
                || engagement.status().ports().stream().anyMatch(p -> p.containerPort() == question.containerPort());
        return port
                && engagement.state() == EngagementState.ACTIVE
                && (question.engagementId().isEmpty() || engagement.id().equals(question.engagementId()));
    }
}

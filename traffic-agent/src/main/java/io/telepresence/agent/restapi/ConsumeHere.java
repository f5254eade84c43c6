package io.telepresence.agent.restapi;

import io.telepresence.agent.route.RouteTable;
import io.telepresence.rest.Answer;
import io.telepresence.rest.Question;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Judges messages by the rules that requests are judged by. Thread-safe. */
public final class ConsumeHere {
    private final Supplier<RouteTable> rules;
    private final Function<String, Map<String, String>> metadata;

    /**
     * @param rules those in force
     * @param metadata what the user said of an engagement, by its id
     */
    public ConsumeHere(Supplier<RouteTable> rules, Function<String, Map<String, String>> metadata) {
        this.rules = rules;
        this.metadata = metadata;
    }

    public Answer judge(Question question) {
        return rules.get()
                .router(placed -> isAbout(placed, question))
                .taker(question.head())
                .map(rule -> new Answer(true, metadata.apply(rule.engagement().engagementId())))
                .orElse(Answer.NOT);
    }

    private static boolean isAbout(RouteTable.Placed placed, Question question) {
        String id = placed.rule().engagement().engagementId();
        return (question.containerPort() == 0 || placed.port().number() == question.containerPort())
                && (question.engagementId().isEmpty() || id.equals(question.engagementId()));
    }
}

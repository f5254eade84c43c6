package io.telepresence.agent.api;

import io.telepresence.agent.rules.PortRules;
import io.telepresence.agent.rules.Taker;
import io.telepresence.agent.rules.Target;
import io.telepresence.agent.rules.TrafficRules;
import io.telepresence.rest.Answer;
import io.telepresence.rest.Question;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Judges messages by the rules that requests are judged by. Thread-safe. */
public final class Consumption {
    private final Supplier<TrafficRules> rules;
    private final Function<String, Map<String, String>> metadata;

    /**
     * @param rules those in force
     * @param metadata what the user said of an engagement, by its id
     */
    public Consumption(Supplier<TrafficRules> rules, Function<String, Map<String, String>> metadata) {
        this.rules = rules;
        this.metadata = metadata;
    }

    public Answer judge(Question question) {
        Optional<Target> taker = rules.get().ports().entrySet().stream()
                .filter(entry -> question.containerPort() == 0 || entry.getKey().number() == question.containerPort())
                .map(Map.Entry::getValue)
                .map(PortRules::takers)
                .flatMap(Collection::stream)
                .filter(each -> fits(each, question))
                .map(Taker::target)
                .findFirst();
        return taker.map(target -> new Answer(true, metadata.apply(target.engagementId())))
                .orElse(Answer.NOT);
    }

    private static boolean fits(Taker taker, Question question) {
        return (question.engagementId().isEmpty()
                        || taker.target().engagementId().equals(question.engagementId()))
                && taker.filter().matches(question.head());
    }
}

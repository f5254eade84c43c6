package io.telepresence.agent.api;

import io.telepresence.agent.rules.PortRules;
import io.telepresence.agent.rules.Taker;
import io.telepresence.agent.rules.Target;
import io.telepresence.agent.rules.TrafficRules;
import io.telepresence.filter.HttpHead;
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

    /**
     * What is asked.
     *
     * @param head headers of the message, and a path if it has one
     * @param containerPort only what is engaged there counts; zero: what is engaged anywhere in the pod
     * @param engagementId only this engagement counts; empty: all
     */
    record Question(HttpHead head, int containerPort, String engagementId) {}

    /**
     * Whose it is.
     *
     * @param intercepted true: it belongs to a laptop
     * @param metadata of the engagement that it belongs to
     */
    record Answer(boolean intercepted, Map<String, String> metadata) {
        private static final Answer NOT = new Answer(false, Map.of());
    }

    Answer judge(Question question) {
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

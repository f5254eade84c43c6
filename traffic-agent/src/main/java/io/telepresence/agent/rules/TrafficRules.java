package io.telepresence.agent.rules;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is engaged at one moment; replaced as a whole when something changes.
 *
 * @param engaged the ports whose traffic goes to a laptop; all others go to the app
 */
public record TrafficRules(Map<AppPort, Verdict.ToClient> engaged) {
    /** Nothing is engaged: every port goes to the app. */
    public static final TrafficRules NONE = new TrafficRules(Map.of());

    /**
     * One whole-port engagement.
     *
     * @param port the app's port that is taken over
     * @param to where its traffic goes
     */
    public record Rule(AppPort port, Verdict.ToClient to) {}

    public TrafficRules {
        engaged = Map.copyOf(engaged);
    }

    /** The first rule of a port wins: the manager sends the oldest engagement first. */
    public static TrafficRules of(List<Rule> rules) {
        Map<AppPort, Verdict.ToClient> engaged = new LinkedHashMap<>();
        rules.forEach(rule -> engaged.putIfAbsent(rule.port(), rule.to()));
        return new TrafficRules(engaged);
    }

    public Verdict verdict(AppPort port) {
        Verdict.ToClient client = engaged.get(port);
        return client == null ? Verdict.TO_APP : client;
    }
}

package io.telepresence.agent.rules;

import io.telepresence.engagement.Port;
import io.telepresence.engagement.RequestRouter;
import io.telepresence.engagement.RequestRouter.Rule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** What is engaged at one moment; replaced as a whole when something changes. Immutable. */
public final class TrafficRules {
    /** Nothing is engaged: every port goes to the app. */
    public static final TrafficRules NONE = new TrafficRules(List.of(), false);

    private final List<Placed> rules;
    private final Map<Port, PortRules> ports;
    private final boolean leaving;

    /** A rule and the port that it is about. */
    public record Placed(Port port, Rule<Target> rule) {}

    private TrafficRules(List<Placed> rules, boolean leaving) {
        this.rules = List.copyOf(rules);
        this.leaving = leaving;
        Map<Port, List<Rule<Target>>> byPort = new LinkedHashMap<>();
        rules.forEach(placed ->
                byPort.computeIfAbsent(placed.port(), _ -> new ArrayList<>()).add(placed.rule()));
        Map<Port, PortRules> made = new LinkedHashMap<>();
        byPort.forEach((port, its) -> made.put(port, leaving ? PortRules.of(its).leaving() : PortRules.of(its)));
        this.ports = Map.copyOf(made);
    }

    /** The ports that have rules; traffic of all others goes to the app. */
    public Map<Port, PortRules> ports() {
        return ports;
    }

    public PortRules of(Port port) {
        return ports.getOrDefault(port, PortRules.NONE);
    }

    /** Judges by the rules of several ports together. */
    public RequestRouter<Target> router(Predicate<Placed> counts) {
        return new RequestRouter<>(
                rules.stream().filter(counts).map(Placed::rule).toList());
    }

    /** The same for a pod that ends. */
    public TrafficRules leaving() {
        return new TrafficRules(rules, true);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects rules; the oldest engagement comes first, as the manager sends them. */
    public static final class Builder {
        private final List<Placed> rules = new ArrayList<>();

        private Builder() {}

        public Builder add(Port port, Rule<Target> rule) {
            rules.add(new Placed(port, rule));
            return this;
        }

        public TrafficRules build() {
            return rules.isEmpty() ? NONE : new TrafficRules(rules, false);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TrafficRules that && rules.equals(that.rules) && leaving == that.leaving;
    }

    @Override
    public int hashCode() {
        return rules.hashCode();
    }

    @Override
    public String toString() {
        return "TrafficRules " + ports + (leaving ? " of a pod that ends" : "");
    }
}

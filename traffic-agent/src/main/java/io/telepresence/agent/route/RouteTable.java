package io.telepresence.agent.route;

import io.telepresence.engagement.Port;
import io.telepresence.engagement.RequestRouter;
import io.telepresence.engagement.RequestRouter.Rule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** What is engaged at one moment; replaced as a whole when something changes. Immutable. */
public final class RouteTable {
    /** Nothing is engaged: every port goes to the app. */
    public static final RouteTable NONE = new RouteTable(List.of(), false);

    private final List<Placed> rules;
    private final Map<Port, PortRoutes> ports;
    private final boolean leaving;

    /** A rule and the port that it is about. */
    public record Placed(Port port, Rule<ClientEndpoint> rule) {}

    private RouteTable(List<Placed> rules, boolean leaving) {
        this.rules = List.copyOf(rules);
        this.leaving = leaving;
        Map<Port, List<Rule<ClientEndpoint>>> byPort = new LinkedHashMap<>();
        rules.forEach(placed ->
                byPort.computeIfAbsent(placed.port(), _ -> new ArrayList<>()).add(placed.rule()));
        Map<Port, PortRoutes> made = new LinkedHashMap<>();
        byPort.forEach(
                (port, its) -> made.put(port, leaving ? PortRoutes.of(its).leaving() : PortRoutes.of(its)));
        this.ports = Map.copyOf(made);
    }

    /** The ports that have rules; traffic of all others goes to the app. */
    public Map<Port, PortRoutes> ports() {
        return ports;
    }

    public PortRoutes of(Port port) {
        return ports.getOrDefault(port, PortRoutes.NONE);
    }

    /** Judges by the rules of several ports together. */
    public RequestRouter<ClientEndpoint> router(Predicate<Placed> counts) {
        return new RequestRouter<>(
                rules.stream().filter(counts).map(Placed::rule).toList());
    }

    /** The same for a pod that ends. */
    public RouteTable leaving() {
        return new RouteTable(rules, true);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects rules; the oldest engagement comes first, as the manager sends them. */
    public static final class Builder {
        private final List<Placed> rules = new ArrayList<>();

        private Builder() {}

        public Builder add(Port port, Rule<ClientEndpoint> rule) {
            rules.add(new Placed(port, rule));
            return this;
        }

        public RouteTable build() {
            return rules.isEmpty() ? NONE : new RouteTable(rules, false);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RouteTable that && rules.equals(that.rules) && leaving == that.leaving;
    }

    @Override
    public int hashCode() {
        return rules.hashCode();
    }

    @Override
    public String toString() {
        return "RouteTable " + ports + (leaving ? " of a pod that ends" : "");
    }
}

package io.telepresence.agent.rules;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is engaged at one moment; replaced as a whole when something changes.
 *
 * @param ports the ports that have rules; traffic of all others goes to the app
 */
public record TrafficRules(Map<AppPort, PortRules> ports) {
    /** Nothing is engaged: every port goes to the app. */
    public static final TrafficRules NONE = new TrafficRules(Map.of());

    public TrafficRules {
        ports = Map.copyOf(ports);
    }

    public PortRules of(AppPort port) {
        return ports.getOrDefault(port, PortRules.NONE);
    }

    /** The same for a pod that ends. */
    public TrafficRules leaving() {
        Map<AppPort, PortRules> changed = new LinkedHashMap<>();
        ports.forEach((port, rules) -> changed.put(port, rules.leaving()));
        return new TrafficRules(changed);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects rules; the oldest engagement comes first, as the manager sends them. */
    public static final class Builder {
        private final Map<AppPort, List<Taker>> takers = new LinkedHashMap<>();
        private final Map<AppPort, List<Tap>> taps = new LinkedHashMap<>();

        private Builder() {}

        public Builder add(AppPort port, Taker taker) {
            takers.computeIfAbsent(port, p -> new ArrayList<>()).add(taker);
            taps.putIfAbsent(port, new ArrayList<>());
            return this;
        }

        public Builder add(AppPort port, Tap tap) {
            taps.computeIfAbsent(port, p -> new ArrayList<>()).add(tap);
            return this;
        }

        public TrafficRules build() {
            Map<AppPort, PortRules> ports = new LinkedHashMap<>();
            taps.forEach((port, copies) -> ports.put(port, PortRules.of(takers.getOrDefault(port, List.of()), copies)));
            return new TrafficRules(ports);
        }
    }
}

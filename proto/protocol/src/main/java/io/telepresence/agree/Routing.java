package io.telepresence.agree;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What a user or a configuration says about subnets, besides those that the cluster has. The same value in a request to
 * connect, in the root daemon's configuration and in its status; all that these show of a rule stands in {@link Rule}.
 *
 * @param lists subnets in CIDR notation for each rule, in the order in which they were given; a rule without any is left out
 */
public record Routing(Map<Rule, List<String>> lists) {
    /** A rule; in the order in which {@code status} and {@code config view} show them. */
    public enum Rule {
        /** Goes through the tunnel too. */
        ALSO_PROXY(
                io.telepresence.rpc.common.Routing.Rule.ALSO_PROXY,
                new Flag("also-proxy", "Extra CIDRs to route to the cluster"),
                new Title("Also Proxy", "also_proxy_subnets"),
                "alsoProxySubnets",
                "alsoProxy"),
        /** Keeps the route that it has. */
        NEVER_PROXY(
                io.telepresence.rpc.common.Routing.Rule.NEVER_PROXY,
                new Flag("never-proxy", "CIDRs that are never routed to the cluster"),
                new Title("Never Proxy", "never_proxy_subnets"),
                "neverProxySubnets",
                "neverProxy"),
        /** Where the tunnel may take over routes that the machine has. */
        ALLOW_CONFLICTING(
                io.telepresence.rpc.common.Routing.Rule.ALLOW_CONFLICTING,
                new Flag("allow-conflicting-subnets", "CIDRs that may conflict with local subnets (the cluster wins)"),
                new Title("Allow conflicts for", "allow_conflicting_subnets"),
                "allowConflictingSubnets");

        private record Flag(String name, String help) {}

        private record Title(String text, String json) {}

        private final io.telepresence.rpc.common.Routing.Rule wire;
        private final Flag flag;
        private final Title title;
        private final String configKey;
        private final List<String> formerConfigKeys;

        Rule(
                io.telepresence.rpc.common.Routing.Rule wire,
                Flag flag,
                Title title,
                String configKey,
                String... formerConfigKeys) {
            this.wire = wire;
            this.flag = flag;
            this.title = title;
            this.configKey = configKey;
            this.formerConfigKeys = List.of(formerConfigKeys);
        }

        /** Of {@code connect}, without dashes; also the key of a kubeconfig's extension. */
        public String flag() {
            return flag.name();
        }

        /** What the flag is for. */
        public String help() {
            return flag.help();
        }

        /** Above its subnets in the text of {@code status}. */
        public String title() {
            return title.text();
        }

        /** Of its subnets in the JSON of {@code status}. */
        public String statusKey() {
            return title.json();
        }

        /** Within the section {@code routing} of a configuration. */
        public String configKey() {
            return configKey;
        }

        /** Other spellings of {@link #configKey}, which are read too. */
        public List<String> formerConfigKeys() {
            return formerConfigKeys;
        }
    }

    public static final Routing NONE = new Routing(Map.of());

    public Routing {
        Map<Rule, List<String>> copy = new EnumMap<>(Rule.class);
        lists.forEach((rule, subnets) -> {
            if (!subnets.isEmpty()) {
                copy.put(rule, List.copyOf(subnets));
            }
        });
        lists = Collections.unmodifiableMap(copy);
    }

    /** @param subnets asked once for each rule */
    public static Routing of(Function<Rule, List<String>> subnets) {
        Map<Rule, List<String>> lists = new EnumMap<>(Rule.class);
        for (Rule rule : Rule.values()) {
            lists.put(rule, subnets.apply(rule));
        }
        return new Routing(lists);
    }

    /** Those of one rule; may be empty. */
    public List<String> subnets(Rule rule) {
        return lists.getOrDefault(rule, List.of());
    }

    /** This and then {@code more}, rule by rule. */
    public Routing and(Routing more) {
        return of(rule -> {
            List<String> both = new ArrayList<>(subnets(rule));
            both.addAll(more.subnets(rule));
            return both;
        });
    }

    public static Routing fromWire(io.telepresence.rpc.common.Routing wire) {
        return of(rule -> wire.getListsList().stream()
                .filter(list -> list.getRule() == rule.wire)
                .flatMap(list -> list.getSubnetsList().stream())
                .toList());
    }

    public io.telepresence.rpc.common.Routing toWire() {
        io.telepresence.rpc.common.Routing.Builder wire = io.telepresence.rpc.common.Routing.newBuilder();
        lists.forEach(
                (rule, subnets) -> wire.addListsBuilder().setRule(rule.wire).addAllSubnets(subnets));
        return wire.build();
    }
}

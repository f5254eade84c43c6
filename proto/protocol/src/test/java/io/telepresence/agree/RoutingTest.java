package io.telepresence.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Routing.Rule;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RoutingTest {
    private static Routing only(Rule rule, String... subnets) {
        return new Routing(Map.of(rule, List.of(subnets)));
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void eachRuleIsTheSameAfterItsWay(Rule rule) throws Exception {
        Routing routing = only(rule, "10.2.0.0/16", "10.1.0.0/16", "fd00::/64");
        byte[] bytes = routing.toWire().toByteArray();
        assertEquals(routing, Routing.fromWire(io.telepresence.rpc.common.Routing.parseFrom(bytes)));
        assertEquals(List.of("10.2.0.0/16", "10.1.0.0/16", "fd00::/64"), routing.subnets(rule));
    }

    @Test
    void allRulesTravelTogether() {
        Routing all = Routing.of(rule -> List.of(rule.flag()));
        assertEquals(all, Routing.fromWire(all.toWire()));
        assertEquals(Rule.values().length, all.lists().size());
    }

    @Test
    void whatIsEmptyIsNotThere() {
        assertEquals(Routing.NONE, Routing.of(_ -> List.of()));
        assertEquals(0, Routing.of(_ -> List.of()).toWire().getListsCount());
        assertEquals(List.of(), Routing.NONE.subnets(Rule.NEVER_PROXY));
    }

    @Test
    void theFirstComesFirst() {
        Routing both = only(Rule.ALSO_PROXY, "10.1.0.0/16").and(only(Rule.ALSO_PROXY, "10.0.0.0/16"));
        assertEquals(only(Rule.ALSO_PROXY, "10.1.0.0/16", "10.0.0.0/16"), both);
        assertEquals(
                List.of("10.9.0.0/16"),
                both.and(only(Rule.NEVER_PROXY, "10.9.0.0/16")).subnets(Rule.NEVER_PROXY));
    }

    /** These are what users type, what scripts read and what files say: they stay. */
    @Test
    void namesAreTheDocumentedOnes() {
        assertEquals(List.of("also-proxy", "never-proxy", "allow-conflicting-subnets"), each(Rule::flag));
        assertEquals(
                List.of("alsoProxySubnets", "neverProxySubnets", "allowConflictingSubnets"), each(Rule::configKey));
        assertEquals(
                List.of("also_proxy_subnets", "never_proxy_subnets", "allow_conflicting_subnets"),
                each(Rule::statusKey));
        assertEquals(List.of("Also Proxy", "Never Proxy", "Allow conflicts for"), each(Rule::title));
    }

    /** A rule that is new in the protocol and not here would be lost on its way. */
    @Test
    void theProtocolHasTheSameRules() {
        var wire = new TreeSet<>(Arrays.stream(io.telepresence.rpc.common.Routing.Rule.values())
                .map(Enum::name)
                .collect(Collectors.toSet()));
        assertTrue(wire.removeAll(List.of("UNRECOGNIZED", "RULE_UNSPECIFIED")));
        assertEquals(wire, new TreeSet<>(each(Rule::name)));
    }

    private static List<String> each(Function<Rule, String> name) {
        return Arrays.stream(Rule.values()).map(name).toList();
    }
}

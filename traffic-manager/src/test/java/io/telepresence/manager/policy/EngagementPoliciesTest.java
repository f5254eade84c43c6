package io.telepresence.manager.policy;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.sidecar.VolumeRules.Limits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngagementPoliciesTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final EngagementPolicy.Rules NOTHING =
            new EngagementPolicy.Rules(false, false, false, "", Limits.NONE, Duration.ZERO);
    private static final LabelSelector BACKEND =
            new LabelSelectorBuilder().addToMatchLabels("tier", "backend").build();

    private final FakeCluster cluster = new FakeCluster();
    private final Workloads workloads = cluster.workloads();

    @BeforeEach
    void add() {
        cluster.addEcho();
        label("backend");
    }

    private void label(String tier) {
        cluster.add(
                "{apiVersion: apps/v1, kind: Deployment, metadata: {name: echo, uid: d-echo, labels: {tier: " + tier
                        + "}}, spec: {template: {metadata: {labels: {app: echo, tier: pods}}, spec: {containers: [{name: app}]}}}}");
    }

    private KubernetesWorkload echo() {
        return workloads.get(ECHO).orElseThrow();
    }

    private EngagementPolicies policies(EngagementPolicy... all) {
        return new EngagementPolicies(workloads, true, List.of(all));
    }

    private static EngagementPolicy policy(String rule) {
        return policy("prod", Set.of(), null, rule);
    }

    private static EngagementPolicy policy(String name, Set<String> namespaces, LabelSelector selector, String rule) {
        EngagementPolicy.Rules rules =
                switch (rule) {
                    case "forbidUnfiltered" ->
                        new EngagementPolicy.Rules(true, false, false, "", Limits.NONE, Duration.ZERO);
                    case "forbidReplace" ->
                        new EngagementPolicy.Rules(false, true, false, "", Limits.NONE, Duration.ZERO);
                    case "wiretapOnly" ->
                        new EngagementPolicy.Rules(false, false, true, "", Limits.NONE, Duration.ZERO);
                    case "requireHeader" ->
                        new EngagementPolicy.Rules(false, false, false, "x-DEV", Limits.NONE, Duration.ZERO);
                    case "volumes" -> volumes(new Limits(Set.of("keys"), false, false), Duration.ZERO);
                    default -> volumes(Limits.NONE, Duration.parse(rule));
                };
        return new EngagementPolicy(name, namespaces, selector, rules);
    }

    private static EngagementPolicy.Rules volumes(Limits limits, Duration most) {
        return new EngagementPolicy.Rules(false, false, false, "", limits, most);
    }

    private static EngagementSpec spec(String kind, String header) throws FaultException {
        HttpFilter filter = header == null || header.equals("-")
                ? HttpFilter.ALL
                : new HttpFilter(List.of(HeaderMatch.of(header, "ann")), List.of());
        return new EngagementSpec(
                EngagementKind.valueOf(kind),
                "echo",
                "default",
                "echo",
                "",
                "",
                "",
                "",
                List.of(),
                new EngagementOptions(filter, "", false, Map.of(), List.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "forbidUnfiltered | INTERCEPT | - | an intercept without a filter of Deployment echo.default, which would take all traffic",
                "forbidUnfiltered | REPLACE | - | a replace of Deployment echo.default, which would take all traffic",
                "forbidReplace | REPLACE | - | a replace of Deployment echo.default",
                "wiretapOnly | INTERCEPT | X-Dev | an intercept of Deployment echo.default, whose traffic may only be copied",
                "wiretapOnly | REPLACE | - | a replace of Deployment echo.default, whose traffic may only be copied",
                "requireHeader | INTERCEPT | X-Other | an intercept of Deployment echo.default whose filter does not name the header x-DEV",
                "requireHeader | INTERCEPT | - | an intercept of Deployment echo.default whose filter does not name the header x-DEV",
                "requireHeader | REPLACE | - | a replace of Deployment echo.default whose filter does not name the header x-DEV"
            })
    void whatARuleForbidsIsRefusedByThePolicysName(String rule, String kind, String header, String sentence)
            throws Exception {
        EngagementSpec spec = spec(kind, header);
        FaultException refused =
                assertThrows(FaultException.class, () -> policies(policy(rule)).check(spec, echo()));
        assertEquals("policy \"prod\" forbids " + sentence, refused.fault().text());
    }

    @ParameterizedTest
    @CsvSource({
        "forbidUnfiltered, INTERCEPT, X-Other",
        "forbidUnfiltered, WIRETAP, -",
        "forbidUnfiltered, INGEST, -",
        "forbidReplace, INTERCEPT, -",
        "forbidReplace, INGEST, -",
        "wiretapOnly, WIRETAP, -",
        "wiretapOnly, INGEST, -",
        "requireHeader, INTERCEPT, x-dev",
        "requireHeader, WIRETAP, -",
        "volumes, REPLACE, -",
        "PT2H, INTERCEPT, -"
    })
    void whatNoRuleForbidsPasses(String rule, String kind, String header) throws Exception {
        EngagementSpec spec = spec(kind, header);
        assertDoesNotThrow(() -> policies(policy(rule)).check(spec, echo()));
    }

    /** The labels that count are the workload's own. */
    @Test
    void aPolicyIsForItsNamespacesAndLabels() throws Exception {
        EngagementSpec spec = spec("INTERCEPT", "-");
        LabelSelector pods = new LabelSelectorBuilder()
                .addNewMatchExpression()
                .withKey("tier")
                .withOperator("NotIn")
                .withValues("backend")
                .endMatchExpression()
                .build();
        EngagementPolicies elsewhere = policies(policy("a", Set.of("prod"), null, "wiretapOnly"));
        EngagementPolicies others = policies(policy("a", Set.of("default"), pods, "wiretapOnly"));
        EngagementPolicies here = policies(policy("a", Set.of("prod", "default"), BACKEND, "wiretapOnly"));
        assertDoesNotThrow(() -> elsewhere.check(spec, echo()));
        assertDoesNotThrow(() -> others.check(spec, echo()));
        assertThrows(FaultException.class, () -> here.check(spec, echo()));
        assertEquals(List.of("a: wiretaps only"), here.described(echo()));
        label("pods");
        assertThrows(FaultException.class, () -> others.check(spec, echo()));
        assertDoesNotThrow(() -> here.check(spec, echo()));
        assertEquals(List.of(), here.described(echo()));
    }

    @Test
    void allPoliciesCountTogether() {
        EngagementPolicies both = policies(
                new EngagementPolicy(
                        "a", Set.of(), null, volumes(new Limits(Set.of("keys"), true, false), Duration.ofMinutes(90))),
                new EngagementPolicy(
                        "b", Set.of(), BACKEND, volumes(new Limits(Set.of("data"), false, true), Duration.ofHours(1))));
        assertEquals(new Limits(Set.of("keys", "data"), true, true), both.of(ECHO));
        assertEquals(
                Optional.of("expired: policy \"b\" ends it after 1h"),
                both.term(ECHO).map(EngagementPolicies.Term::ended));
        assertEquals(
                List.of(
                        "a: without volumes keys, without service account tokens, ended after 1h30m",
                        "b: without volumes data, volumes read-only, ended after 1h"),
                both.described(echo()));
        label("pods");
        assertEquals(new Limits(Set.of("keys"), true, false), both.of(ECHO));
        assertEquals(
                Optional.of("expired: policy \"a\" ends it after 1h30m"),
                both.term(ECHO).map(EngagementPolicies.Term::ended));
    }

    /** A pod may be made before the watch shows its workload: nothing is shared then that any policy could withhold. */
    @Test
    void volumesOfAnUnknownWorkloadAreWithheld() {
        EngagementPolicies policies = policies(
                policy("a", Set.of("default"), BACKEND, "volumes"), policy("b", Set.of("prod"), null, "volumes"));
        assertEquals(
                Set.of("keys"),
                policies.of(new WorkloadRef("Deployment", "default", "new")).withheld());
        assertEquals(Limits.NONE, policies.of(new WorkloadRef("Deployment", "other", "new")));
    }

    @Test
    void anAgentInThePodTemplateMustHaveBeenMadeUnderThePolicy() throws Exception {
        EngagementSpec spec = spec("INGEST", "-");
        EngagementPolicies policies = policies(policy("volumes"));
        manual("{}");
        FaultException refused = assertThrows(FaultException.class, () -> policies.check(spec, echo()));
        assertEquals(
                "policy \"prod\" forbids volumes that the traffic-agent in the pod template of Deployment echo.default"
                        + " shares",
                refused.fault().text());
        manual("{\"volumeLimits\": {\"withheld\": [\"keys\", \"more\"]}}");
        assertDoesNotThrow(() -> policies.check(spec, echo()));
        manual("{}");
        assertDoesNotThrow(() -> policies(policy("forbidReplace")).check(spec, echo()));
    }

    private void manual(String config) {
        cluster.add("{apiVersion: apps/v1, kind: Deployment, metadata: {name: echo, uid: d-echo}, spec: {template:"
                + " {metadata: {annotations: {telepresence.io/agent-config: '" + config
                + "'}}, spec: {containers: [{name: app}, {name: traffic-agent}]}}}}");
    }

    @Test
    void rulesAreIndependent() throws Exception {
        assertDoesNotThrow(() ->
                policies(new EngagementPolicy("a", Set.of(), null, NOTHING)).check(spec("REPLACE", "-"), echo()));
    }
}

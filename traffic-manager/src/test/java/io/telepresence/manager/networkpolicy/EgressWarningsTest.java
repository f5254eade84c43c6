package io.telepresence.manager.networkpolicy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.telepresence.manager.inject.SidecarInjectorTest;
import io.telepresence.rpc.agent.AgentConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A user whose agents no policy lets out is told so before any pod is touched. */
class EgressWarningsTest {
    private static final AgentConfig CONFIG = AgentConfig.newBuilder()
            .setNamespace("default")
            .setManagerHost("traffic-manager.ambassador")
            .setManagerPort(8081)
            .build();
    private static final PodTemplateSpec TEMPLATE = new PodTemplateSpecBuilder()
            .withMetadata(new ObjectMetaBuilder().addToLabels("who", "web").build())
            .build();

    private static NetworkPolicy policy(String name, String spec) {
        return SidecarInjectorTest.YAML.unmarshal(
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: " + name + "}\nspec: {" + spec
                        + "}",
                NetworkPolicy.class);
    }

    private static List<String> warnings(AgentConfig config, Map<String, String> labels, NetworkPolicy... policies) {
        return new EgressWarnings(_ -> List.of(policies), _ -> labels)
                .of(TEMPLATE, config).stream()
                        .map(InjectionWarnings.Warning::text)
                        .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            podSelector: {}, policyTypes: [Egress]                                                                       | 1
            podSelector: {matchLabels: {who: web}}, policyTypes: [Ingress, Egress], egress: []                           | 1
            podSelector: {}, egress: [{ports: [{port: 53, protocol: UDP}]}]                                              | 1
            podSelector: {}, egress: [{ports: [{port: 8081, protocol: UDP}]}]                                            | 1
            podSelector: {}, egress: [{to: [{podSelector: {}}]}]                                                         | 1
            podSelector: {}, egress: [{to: [{namespaceSelector: {matchLabels: {team: other}}}]}]                         | 1
            podSelector: {matchLabels: {who: other}}, policyTypes: [Egress]                                              | 0
            podSelector: {}, policyTypes: [Ingress]                                                                      | 0
            podSelector: {}                                                                                              | 0
            podSelector: {}, egress: [{}]                                                                                | 0
            podSelector: {}, egress: [{ports: [{port: 53}]}, {ports: [{port: 8000, endPort: 8100}]}]                     | 0
            podSelector: {}, egress: [{ports: [{port: agents}]}]                                                         | 0
            podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]                                              | 0
            podSelector: {}, egress: [{to: [{namespaceSelector: {}}]}]                                                   | 0
            podSelector: {}, egress: [{to: [{namespaceSelector: {matchLabels: {team: tools}}}]}]                         | 0
            """)
    void isAboutPoliciesThatCertainlyKeepTheAgentFromTheManager(String spec, int sentences) {
        assertEquals(
                sentences,
                warnings(CONFIG, Map.of("team", "tools"), policy("narrow", spec))
                        .size());
    }

    @Test
    void theSentenceNamesThePoliciesAndWhatToAdmit() {
        assertEquals(
                List.of("NetworkPolicy a, b allows no traffic from these pods to port 8081 of the traffic-manager in"
                        + " ambassador, so their agents cannot connect: allow it"),
                warnings(
                        CONFIG,
                        Map.of(),
                        policy("a", "podSelector: {}, policyTypes: [Egress]"),
                        policy("b", "podSelector: {}, egress: [{ports: [{port: 443}]}]")));
    }

    @Test
    void whatOnePolicyAdmitsNoOtherTakesAway() {
        assertEquals(
                List.of(),
                warnings(
                        CONFIG,
                        Map.of(),
                        policy("a", "podSelector: {}, policyTypes: [Egress]"),
                        policy("b", "podSelector: {}, egress: [{}]")));
    }

    @Test
    void aNamespaceIsKnownByItsNameWhereItsLabelsMayNotBeRead() {
        NetworkPolicy byName = policy(
                "a",
                "podSelector: {}, egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name:"
                        + " ambassador}}}]}]");
        assertEquals(List.of(), warnings(CONFIG, Map.of(), byName));
    }

    @Test
    void inItsOwnNamespaceTheManagerIsAPodLikeOthers() {
        AgentConfig beside = CONFIG.toBuilder().setNamespace("ambassador").build();
        assertEquals(
                List.of(),
                warnings(beside, Map.of(), policy("a", "podSelector: {}, egress: [{to: [{podSelector: {}}]}]")));
    }
}

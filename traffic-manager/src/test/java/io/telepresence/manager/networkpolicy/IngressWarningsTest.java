package io.telepresence.manager.networkpolicy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.telepresence.manager.inject.SidecarInjectorTest;
import io.telepresence.rpc.agent.AgentConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who has a policy that will drop the traffic of a renamed port is told before agents come. */
class IngressWarningsTest {
    private static final PodTemplateSpec TEMPLATE = SidecarInjectorTest.YAML
            .unmarshal(
                    """
                    apiVersion: apps/v1
                    kind: Deployment
                    spec:
                      template:
                        metadata: {labels: {who: web, tier: front}}
                        spec:
                          containers:
                          - {name: app, ports: [{name: http, containerPort: 8080}, {containerPort: 9090}]}
                    """,
                    Deployment.class)
            .getSpec()
            .getTemplate();

    private static AgentConfig config() {
        AgentConfig.Builder config = AgentConfig.newBuilder().setNamespace("default");
        config.addContainersBuilder()
                .setName("app")
                .addPortsBuilder()
                .setContainerPort(8080)
                .setAgentPort(9900)
                .setName("http");
        config.getContainersBuilder(0)
                .addPortsBuilder()
                .setContainerPort(9090)
                .setAgentPort(9901)
                .setRedirect(true);
        return config.build();
    }

    private static List<String> warnings(String selector, String rules, boolean redirected) {
        NetworkPolicy policy = SidecarInjectorTest.YAML.unmarshal(
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: narrow}\nspec: {podSelector: {"
                        + selector + "}, ingress: [" + rules + "]}",
                NetworkPolicy.class);
        return new IngressWarnings(SidecarInjectorTest.redirecting("v1.31.0", _ -> redirected), _ -> List.of(policy))
                .of(TEMPLATE, config()).stream()
                        .map(InjectionWarnings.Warning::text)
                        .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            matchLabels: {who: web}                                                   | {ports: [{port: 8080}]}                      | 1
            ``                                                                        | {ports: [{port: 8080, protocol: TCP}]}       | 1
            matchLabels: {who: web}                                                   | {ports: [{port: 8000, endPort: 9000}]}       | 1
            matchLabels: {who: web}                                                   | {}, {ports: [{port: 8080}]}                  | 1
            matchLabels: {who: web}                                                   | {ports: [{port: 8000, endPort: 9999}]}       | 0
            matchLabels: {who: web}                                                   | {ports: [{port: 8080}, {port: 9900}]}        | 0
            matchLabels: {who: web}                                                   | {ports: [{port: 8080}, {port: http}]}        | 0
            matchLabels: {who: web}                                                   | {ports: [{port: http}]}                      | 0
            matchLabels: {who: web}                                                   | {ports: [{port: 9090}]}                      | 0
            matchLabels: {who: web}                                                   | {ports: [{port: 8080, protocol: UDP}]}       | 0
            matchLabels: {who: web}                                                   | {}                                           | 0
            matchLabels: {who: other}                                                 | {ports: [{port: 8080}]}                      | 0
            matchExpressions: [{key: tier, operator: In, values: [front]}]            | {ports: [{port: 8080}]}                      | 1
            matchExpressions: [{key: tier, operator: NotIn, values: [front]}]         | {ports: [{port: 8080}]}                      | 0
            matchExpressions: [{key: who, operator: Exists}]                          | {ports: [{port: 8080}]}                      | 1
            matchExpressions: [{key: who, operator: DoesNotExist}]                    | {ports: [{port: 8080}]}                      | 0
            """)
    void aPolicyThatListsTheNumberIsNamed(String selector, String rules, int count) {
        assertEquals(count, warnings(selector, rules, false).size());
        assertEquals(List.of(), warnings(selector, rules, true), "the number stays the same");
    }

    @Test
    void theSentenceSaysWhatToDo() {
        String said = warnings("", "{ports: [{port: 8080}]}", false).getFirst();
        assertTrue(said.startsWith("NetworkPolicy narrow allows port 8080"), said);
        assertTrue(said.contains("9900") && said.endsWith("allow port http by name"), said);
    }
}

package io.telepresence.manager.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.rpc.agent.AgentConfig;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The agent may do with files what the containers may whose volumes it serves, and no more. */
class AgentSecurityTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {}                                                              | true  | CHOWN DAC_OVERRIDE FOWNER FSETID
            {runAsUser: 0}                                                  | true  | CHOWN DAC_OVERRIDE FOWNER FSETID
            {runAsUser: 0, capabilities: {drop: [CHOWN, CAP_FOWNER]}}       | true  | DAC_OVERRIDE FSETID
            {capabilities: {drop: [all], add: [DAC_OVERRIDE]}}              | true  | DAC_OVERRIDE
            {capabilities: {drop: [ALL]}}                                   | true  | ``
            {privileged: true}                                              | true  | CHOWN DAC_OVERRIDE FOWNER FSETID
            {runAsUser: 1000}                                               | true  | ``
            {runAsNonRoot: true}                                            | true  | ``
            {}                                                              | false | ``
            """)
    void itHasTheRightsOnFilesOfRootInTheContainer(String container, boolean volumes, String rights) {
        Pod pod = SidecarInjectorTest.YAML.unmarshal(
                "spec: {containers: [{name: app, securityContext: " + container + "}]}", Pod.class);
        AgentConfig.Builder config = AgentConfig.newBuilder();
        config.addContainersBuilder().setName("app");
        if (volumes) {
            config.getContainersBuilder(0).addMountsBuilder().setPath("/d");
        }
        assertEquals(rights(rights), capabilities(pod, config.build()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | {capabilities: {drop: [CHOWN]}} | DAC_OVERRIDE FOWNER FSETID",
                "{} | {runAsUser: 7} | CHOWN DAC_OVERRIDE FOWNER FSETID SETGID SETUID",
                "{runAsUser: 6} | {runAsUser: 7} | SETGID SETUID",
            })
    void ofSeveralContainersItHasWhatEachThatIsRootHas(String one, String two, String rights) {
        Pod pod = SidecarInjectorTest.YAML.unmarshal(
                "spec: {containers: [{name: one, securityContext: " + one + "}, {name: two, securityContext: " + two
                        + "}]}",
                Pod.class);
        AgentConfig.Builder config = AgentConfig.newBuilder();
        for (String name : List.of("one", "two")) {
            config.addContainersBuilder().setName(name).addMountsBuilder().setPath("/d");
        }
        if (rights.contains("SETUID")) {
            config.getContainersBuilder(0).getFilesAsBuilder().setUser(0);
        }
        assertEquals(rights(rights), capabilities(pod, config.build()));
    }

    private static List<String> rights(String text) {
        return text.isEmpty() ? List.of() : Arrays.asList(text.split(" "));
    }

    private static List<String> capabilities(Pod pod, AgentConfig config) {
        return new AgentSecurity(pod.getSpec(), config)
                .context().getCapabilities().getAdd().stream().sorted().toList();
    }
}

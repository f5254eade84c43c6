package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.RouteTable;
import io.telepresence.agree.AgentNames;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.RequestRouter.Rule;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SidecarPlanTest {
    private static final String MANAGER = "\"managerHost\":\"m.ambassador\",\"managerPort\":8081";

    @Test
    void everyPortIsPlanned() throws FaultException {
        SidecarPlan plan = SidecarPlan.parse("{" + MANAGER + ", \"fromTheFuture\": 1, \"containers\": ["
                + "{\"name\":\"a\",\"ports\":[{\"containerPort\":8080,\"agentPort\":9900,\"redirect\":true,\"directPort\":9902}]},"
                + "{\"name\":\"b\",\"ports\":[{\"protocol\":\"UDP\",\"containerPort\":8080,\"agentPort\":9901}]}]}");
        assertEquals(
                List.of(
                        new SidecarPlan.PlannedPort(new Port(Transport.TCP, 8080), 9900, true, 9902),
                        new SidecarPlan.PlannedPort(new Port(Transport.UDP, 8080), 9901, false)),
                plan.ports());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            not json                                                       | the agent configuration is not valid JSON
            {"managerPort":8081}                                           | managerHost is missing
            {"managerHost":"m"}                                            | managerPort is 0
            {M,"managerAddress":"m"}                                       | managerAddress is m
            {M,"containers":[{"name":"a","ports":[{"agentPort":9900}]}]}   | container a has port 0
            {M,"containers":[{"name":"a","ports":[{"containerPort":80}]}]} | port 80 of container a has agent port 0
            {M,"containers":[{"name":"a","ports":[{"containerPort":80,"agentPort":9900},{"containerPort":80,"agentPort":9901}]}]} | container port 80/TCP appears twice
            {M,"containers":[{"name":"a","ports":[{"containerPort":80,"agentPort":9900},{"containerPort":81,"agentPort":9900}]}]} | agent port 9900 appears twice
            {M,"containers":[{"name":"a","ports":[{"containerPort":80,"agentPort":9900,"directPort":9900}]}]} | direct port 9900 appears twice
            {M,"containers":[{"name":"a","ports":[{"containerPort":80,"agentPort":9900,"directPort":99999}]}]} | has direct port 99999
            """)
    void aBadConfigurationIsOneSentence(String json, String sentence) {
        Fault fault = assertThrows(
                        FaultException.class, () -> SidecarPlan.parse(json.replace("{M,", "{" + MANAGER + ",")))
                .fault();
        assertTrue(fault.text().contains(sentence), fault.text());
        assertEquals(1, fault.toString().lines().count());
        assertEquals(Fault.Kind.CONFIG, fault.kind());
    }

    /** A client may leave ports out: it says which ones it wants. */
    @Test
    void aReplacedContainerIsServedByOneOfItsPorts() throws FaultException {
        SidecarPlan plan = SidecarPlan.parse("{" + MANAGER + ", \"containers\": ["
                + "{\"name\":\"a\",\"ports\":[{\"containerPort\":8080,\"agentPort\":8080},"
                + "{\"containerPort\":9001,\"agentPort\":9001}]},"
                + "{\"name\":\"b\",\"ports\":[{\"containerPort\":8081,\"agentPort\":8081}]},"
                + "{\"name\":\"stays\",\"ports\":[{\"containerPort\":8082,\"agentPort\":9900}]}]}");
        assertFalse(plan.served(taken()), "nobody");
        assertFalse(plan.served(taken(8080)), "b is nobody's");
        assertFalse(plan.served(taken(8081, 8082)), "a is nobody's");
        assertTrue(plan.served(taken(8080, 8081)), "9001 is left out");
    }

    private static RouteTable taken(int... ports) {
        RouteTable.Builder rules = RouteTable.builder();
        Rule<ClientEndpoint> taker =
                new Rule<>(new ClientEndpoint("id", "127.0.0.1", 80, false), EngagementKind.REPLACE, HttpFilter.ALL);
        for (int port : ports) {
            rules.add(new Port(Transport.TCP, port), taker);
        }
        return rules.build();
    }

    @Test
    void aMissingFileIsNamed() {
        Fault fault = assertThrows(FaultException.class, () -> SidecarPlan.read(Path.of("/nowhere/config")))
                .fault();
        assertTrue(fault.text().contains("/nowhere/config"), fault.text());
    }

    @Test
    void aPodIsKnownByItsEnvironment() throws FaultException {
        Map<String, String> environment = new HashMap<>(Map.of(
                AgentNames.ENV_POD_NAME, "api-1",
                AgentNames.ENV_POD_UID, "u",
                AgentNames.ENV_POD_IP, "fd00::7",
                AgentNames.ENV_POD_NAMESPACE, "shop"));
        assertEquals("api-1", PodIdentity.of(environment).name());
        environment.put(AgentNames.ENV_POD_IP, "example.org");
        Fault wrong = assertThrows(FaultException.class, () -> PodIdentity.of(environment))
                .fault();
        assertTrue(wrong.text().contains("example.org"), wrong.text());
        environment.remove(AgentNames.ENV_POD_UID);
        environment.put(AgentNames.ENV_POD_IP, "10.1.2.3");
        Fault missing = assertThrows(FaultException.class, () -> PodIdentity.of(environment))
                .fault();
        assertTrue(missing.text().contains(AgentNames.ENV_POD_UID), missing.text());
    }
}

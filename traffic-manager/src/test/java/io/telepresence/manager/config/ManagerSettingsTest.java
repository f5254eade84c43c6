package io.telepresence.manager.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.FaultException;
import io.telepresence.manager.ManagerMain;
import io.telepresence.manager.cluster.Workloads;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManagerSettingsTest {
    @TempDir
    Path directory;

    private static ManagerSettings of(String json) throws FaultException {
        return ManagerSettings.of(json, Map.of());
    }

    private static String fault(String json) {
        return assertThrows(FaultException.class, () -> of(json)).fault().text();
    }

    @Test
    void whatIsMissingOrNullHasItsDefault() throws Exception {
        ManagerSettings settings = of("{}");
        assertEquals("INFO", settings.logLevel());
        assertEquals(8081, settings.apiPort());
        assertEquals(Duration.ofSeconds(30), settings.agent().arrival());
        assertEquals(Workloads.USUAL, settings.scope().kinds());
        assertEquals(
                Duration.ofSeconds(4), settings.injector().hook().within(), "a fifth less than the API server waits");
        assertEquals(settings, of("{\"apiPort\": null, \"agent\": null, \"namespaces\": null, \"logLevel\": \"\"}"));
        assertEquals(2, settings.warnings().size());
    }

    @Test
    void theAgentsLevelIsTheManagersUnlessItHasOne() throws Exception {
        assertEquals("DEBUG", of("{\"logLevel\": \"debug\"}").agent().logLevel());
        ManagerSettings apart = of("{\"logLevel\": \"debug\", \"agent\": {\"logLevel\": \"Warning\"}}");
        assertEquals(
                List.of("DEBUG", "WARN"),
                List.of(apart.logLevel(), apart.agent().logLevel()));
    }

    @Test
    void whatOnlyThePodKnowsComesFromItsEnvironment() throws Exception {
        Map<String, String> environment =
                Map.of("POD_NAME", "m", "POD_IP", "192.0.2.7", "HOST_IP", "192.0.2.7", "POD_NAMESPACE", "tel");
        ManagerSettings settings = ManagerSettings.of("{}", environment);
        assertTrue(settings.pod().onNode());
        assertEquals("tel", settings.scope().managerNamespace());
        assertEquals("agent-injector-webhook-tel", settings.injector().hook().name());
        assertFalse(of("{}").pod().onNode());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'apiPort': 0} | apiPort is 0, but must be a port from 1 to 65535",
                "{'apiPort': 65536} | apiPort is 65536, but must be a port from 1 to 65535",
                "{'apiPort': 1.5} | apiPort is 1.5, but must be a port from 1 to 65535",
                "{'agent': {'port': '9900'}} | agent.port is '9900', but must be a port from 1 to 65535",
                "{'agent': {'sidecar': 'x'}} | agent.sidecar is 'x', but must be auto, native or container",
                "{'agent': {'logLevel': 'loud'}} | agent.logLevel is 'loud', but must be error, warn, info, debug or trace",
                "{'agent': []} | agent is [], but must be an object",
                "{'agent': {'initContainer': {'enabled': 'true'}}} | agent.initContainer.enabled is 'true', but must be true or false",
                "{'agent': {'image': {'pullSecrets': ['x']}}} | agent.image.pullSecrets is 'x', but must be a list of objects",
                "{'agent': {'image': {'pullSecrets': [{'nam': 'x'}]}}} | agent.image.pullSecrets[0].nam is not a setting; settings of agent.image.pullSecrets[0] are name",
                "{'agent': {'mountPolicies': {'/x': 'ReadOnly'}}} | agent.mountPolicies./x is 'ReadOnly', but must be Ignore, Local, Remote or RemoteReadOnly",
                "{'agent': {'resources': 'much'}} | agent.resources is 'much', but must be a Kubernetes ResourceRequirements",
                "{'agent': {'resources': {'limits': {'memory': '12Foo'}}}} | agent.resources.limits.memory is '12Foo', but must be a quantity such as 100m or 64Mi",
                "{'agent': {'initResources': {'limit': {}}}} | agent.initResources.limit is not a field that Kubernetes knows",
                "{'agent': {'securityContext': {'runAsUser': 'root'}}} | agent.securityContext is {'runAsUser':'root'}, but must be a Kubernetes SecurityContext",
                "{'agent': {'initSecurityContext': {'capabilities': {'ad': []}}}} | agent.initSecurityContext.capabilities.ad is not a field that Kubernetes knows",
                "{'intercept': {'inactiveBlockTimeout': 'soon'}} | intercept.inactiveBlockTimeout is 'soon', but must be a duration such as 30s or 1m30s, at most 876000h",
                "{'timeouts': {'agentArrival': '999999999h'}} | timeouts.agentArrival is '999999999h', but must be a duration such as 30s or 1m30s, at most 876000h",
                "{'intercept': {'environment': {'excluded': ['']}}} | intercept.environment.excluded is '', but must be a list of texts that are not empty",
                "{'telepresenceAPI': {'port': -1}} | telepresenceAPI.port is -1, but must be a port from 1 to 65535, or 0 for none",
                "{'podCIDRs': ['10.0.0.0']} | podCIDRs is '10.0.0.0', but must be subnets such as 10.1.0.0/16",
                "{'namespaces': 'a b'} | namespaces is 'a b', but must be a list of texts",
                "{'agentInjector': {'webhook': {'timeoutSeconds': 31}}} | agentInjector.webhook.timeoutSeconds is 31, but must be a number of seconds from 1 to 30",
                "{'agentInjector': {'webhook': {'servicePath': 'x'}}} | agentInjector.webhook.servicePath is 'x', but must be a path that starts with a slash",
                "{'workloads': {'deployments': {'enabled': false}, 'replicaSets': {'enabled': false}, 'statefulSets': {'enabled': false}}} | workloads: at least one kind must be enabled",
                "{'timeouts': {'agentArival': '1s'}} | timeouts.agentArival is not a setting; settings of timeouts are agentArrival"
            })
    void aFaultNamesTheKeyTheValueAndWhatIsAdmitted(String json, String sentence) {
        assertEquals(
                "the traffic-manager's settings are wrong: " + sentence.replace('\'', '"'),
                fault(json.replace('\'', '"')));
    }

    @Test
    void allFaultsAreNamedAtOnce() {
        String text = fault("{\"apiPort\": -1, \"logLevel\": \"loud\", \"porrt\": 1}");
        assertTrue(text.contains("apiPort is -1") && text.contains("logLevel is \"loud\""), text);
        assertTrue(text.contains("porrt is not a setting; settings are agent, agentInjector, apiPort"), text);
    }

    @Test
    void aLongValueIsCutAndControlCharactersAreEscaped() {
        String text = fault("{\"apiPort\": \"\\u001b[31m" + "x".repeat(500) + "\"}");
        assertTrue(text.contains("\\u001B[31m") && text.length() < 200, text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'apiPort': | are not JSON",
                "{'apiPort': 1, 'apiPort': 2} | Duplicate Object property",
                "[] | are not a JSON object"
            })
    void whatIsNoJsonObjectIsRefused(String json, String part) {
        String text = fault(json.replace('\'', '"'));
        assertTrue(text.contains(part), text);
    }

    @Test
    void theFileIsReadUpToItsLimit() throws Exception {
        Path file = directory.resolve(ManagerSettings.FILE);
        Files.writeString(file, "{\"apiPort\": 81}");
        ManagerSettings settings = ManagerSettings.read(directory, Map.of());
        assertEquals(81, settings.apiPort());
        assertEquals(directory.resolve("client.yaml"), settings.clientConfig());
        Files.writeString(file, "{}" + " ".repeat(ManagerSettings.MOST_BYTES - 2));
        ManagerSettings.read(directory, Map.of());
        Files.writeString(file, "{}" + " ".repeat(ManagerSettings.MOST_BYTES - 1));
        FaultException e = assertThrows(FaultException.class, () -> ManagerSettings.read(directory, Map.of()));
        assertTrue(e.fault().text().endsWith("are longer than 1 MiB"), e.fault()::text);
    }

    @Test
    void aManagerWithoutItsFileSaysSoAndEnds() throws Exception {
        Process manager = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ManagerMain.class.getName())
                .redirectErrorStream(true)
                .start();
        try {
            String out = new String(manager.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(manager.waitFor(60, TimeUnit.SECONDS), out);
            assertEquals(1, manager.exitValue(), out);
            assertTrue(out.contains("there is no file /etc/traffic-manager/settings.json. Install it with"), out);
            assertFalse(out.contains("\tat "), out);
        } finally {
            manager.destroyForcibly();
        }
    }
}

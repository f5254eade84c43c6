package io.telepresence.userd.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Routing;
import io.telepresence.fault.FaultException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientConfigTest {
    private final Problems problems = new Problems();

    @Test
    void emptyTextIsTheDefault() {
        assertEquals(ClientConfig.DEFAULT, ClientConfig.of(layer("")));
        assertEquals(ClientConfig.DEFAULT, ClientConfig.of(layer("# nothing\n")));
        assertEquals(List.of(), problems.errors());
        assertEquals(Duration.ofSeconds(20), ClientConfig.DEFAULT.timeouts().clusterConnect());
        assertEquals(Duration.ofSeconds(30), ClientConfig.DEFAULT.timeouts().intercept());
    }

    @Test
    void laterLayersAreStrongerKeyByKey() {
        ClientConfig config = ClientConfig.of(
                layer("timeouts: {intercept: 10s, helm: 2m30s}\ndns: {excludeSuffixes: [.a]}"),
                layer("timeouts: {intercept: 90}\ncluster: {defaultManagerNamespace: staging}"),
                layer("dns: {lookupTimeout: 1.5s}"));
        assertEquals(Duration.ofSeconds(90), config.timeouts().intercept());
        assertEquals(Duration.ofSeconds(150), config.timeouts().helm());
        assertEquals(List.of(".a"), config.dns().excludeSuffixes());
        assertEquals(Duration.ofMillis(1500), config.dns().lookupTimeout());
        assertEquals("staging", config.cluster().defaultManagerNamespace());
    }

    @Test
    void everyProblemIsToldWithItsLine() {
        layer("timeouts:\n  intercept: soon\nrouting:\n  neverProxySubnets: [10.0.0.0/99]\nfoo: 1\ndns:\n  bar: 2\n");
        assertEquals(2, problems.errors().size());
        assertTrue(problems.errors().get(0).startsWith("here:2: timeouts.intercept: "), problems.errors()::toString);
        assertTrue(
                problems.errors().get(1).startsWith("here:4: routing.neverProxySubnets: "),
                problems.errors()::toString);
        assertEquals(
                List.of("here:5: unknown key foo is ignored", "here:7: unknown key dns.bar is ignored"),
                problems.warnings());
    }

    @Test
    void badYamlNamesTheLine() {
        layer("dns:\n  excludes: [a\n");
        assertTrue(problems.errors().getFirst().startsWith("here:3: not valid YAML"), problems.errors()::toString);
    }

    @Test
    void kubeconfigExtensionTakesOldAndNewSpelling() {
        ConfigLayer layer = ConfigLayer.of(
                Map.of(
                        "routing", Map.of("neverProxy", List.of("10.1.0.0/16")),
                        "also-proxy", List.of("10.2.0.0/16"),
                        "dns", Map.of("include-suffixes", List.of(".private"))),
                "extension",
                problems);
        ClientConfig config = ClientConfig.of(layer);
        assertEquals(List.of("10.1.0.0/16"), config.routing().subnets(Routing.Rule.NEVER_PROXY));
        assertEquals(List.of("10.2.0.0/16"), config.routing().subnets(Routing.Rule.ALSO_PROXY));
        assertEquals(List.of(".private"), config.dns().includeSuffixes());
    }

    @Test
    void whatContainersAreStartedWith() {
        ClientConfig.Docker plain = ClientConfig.DEFAULT.docker();
        assertEquals(new ClientConfig.Docker(true, "host.docker.internal", true), plain);
        ClientConfig config =
                ClientConfig.of(layer("docker: {addHostGateway: false, hostGateway: h, enableIPv6: false}\n"
                        + "images: {clientImage: r/c:1}"));
        assertEquals(new ClientConfig.Docker(false, "h", false), config.docker());
        assertEquals("r/c:1", config.images().clientImage());
        layer("docker: {enableIPv6: perhaps}");
        assertTrue(problems.errors().getFirst().contains("true or false is expected"), problems.errors()::toString);
    }

    @Test
    void connectivityCheckIsAtMostFiveSeconds() {
        ClientConfig config = ClientConfig.of(layer("timeouts: {connectivityCheck: 1m}"));
        assertEquals(Duration.ofSeconds(5), config.timeouts().connectivityCheck());
    }

    @Test
    void theUsersFileIsStrongerThanTheSystems(@TempDir Path directory) throws Exception {
        Path system = directory.resolve("xdg/telepresence/config.yml");
        Path user = directory.resolve("home/.config/telepresence/config.yml");
        for (Path file : List.of(system, user)) {
            Files.createDirectories(file.getParent());
        }
        Files.writeString(system, "timeouts: {helm: 1m, intercept: 1m}");
        Files.writeString(user, "timeouts: {helm: 2m}");
        Map<String, String> environment =
                Map.of("XDG_CONFIG_DIRS", directory.resolve("xdg").toString());
        ClientConfig config = ClientConfig.of(ConfigFile.read(environment, directory.resolve("home"), null, problems));
        assertEquals(Duration.ofMinutes(2), config.timeouts().helm());
        assertEquals(Duration.ofMinutes(1), config.timeouts().intercept());
        Path missing = directory.resolve("no.yml");
        assertThrows(FaultException.class, () -> ConfigFile.read(environment, directory, missing, problems));
    }

    @Test
    void theViewIsYamlThatCanBeReadAgain() {
        ClientConfig config = ClientConfig.of(
                layer(
                        "dns: {mappings: [{name: a.b, aliasFor: c.d}]}\nlogLevels: {userDaemon: warning}\nimages: {registry: r}"));
        Map<String, Object> view = ConfigText.view(config, "f", "ns", "logs");
        @SuppressWarnings("unchecked")
        String again = ConfigText.yaml((Map<String, Object>) view.get("clientConfig"));
        assertEquals(config, ClientConfig.of(layer(again)));
        assertEquals("WARN", config.logLevels().userDaemon());
        assertTrue(ConfigText.json(view).contains("\"managerNamespace\":\"ns\""));
    }

    @Test
    void everyRuleAboutSubnetsIsReadAndShown() {
        ClientConfig config = ClientConfig.of(
                layer(
                        "routing: {allowConflictingSubnets: [10.3.0.0/16], neverProxySubnets: [10.2.0.0/16], alsoProxySubnets: [10.1.0.0/16]}"));
        assertEquals(
                "{alsoProxySubnets=[10.1.0.0/16], neverProxySubnets=[10.2.0.0/16], allowConflictingSubnets=[10.3.0.0/16]}",
                ConfigText.view(config, "f", "ns", "logs").get("routing").toString());
        ConfigLayer extension = ConfigLayer.of(
                Map.of("allow-conflicting-subnets", List.of("10.3.0.0/16"), "never-proxy", List.of("10.2.0.0/16")),
                "extension",
                problems);
        assertEquals(
                new Routing(Map.of(
                        Routing.Rule.ALLOW_CONFLICTING,
                        List.of("10.3.0.0/16"),
                        Routing.Rule.NEVER_PROXY,
                        List.of("10.2.0.0/16"))),
                ClientConfig.of(extension).routing());
        layer("routing: {alsoProxySubnets: [nonsense]}");
        assertTrue(
                problems.errors().toString().contains("routing.alsoProxySubnets: a subnet like"),
                () -> problems.errors().toString());
    }

    private ConfigLayer layer(String text) {
        return ConfigLayer.parse(text, "here", problems);
    }
}

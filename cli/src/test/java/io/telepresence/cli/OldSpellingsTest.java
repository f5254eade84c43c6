package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.HelmRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Command lines that users of Telepresence have in their scripts, whatever version these are from. */
final class OldSpellingsTest {
    private final Typing typing = new Typing();

    private String printed(String line) {
        assertEquals(0, typing.type(line), typing::err);
        return typing.out();
    }

    @ParameterizedTest
    @CsvSource({"JSON, json", "Yaml, yaml", "DEFAULT, default"})
    void aFormatIsReadInAnyCase(String typed, String format) {
        assertEquals(printed("status --output " + format), printed("status --output " + typed));
        assertEquals(printed("status --format " + format), printed("--format " + typed + " status"));
    }

    @Test
    void flagsOfACommandMayStandBeforeIt() {
        printed("--context X -n shop --mapped-namespaces a,b --insecure-skip-tls-verify connect --name work");
        ConnectRequest request = typing.asked();
        assertEquals("work", request.getName());
        assertEquals("shop", request.getNamespace());
        assertEquals(List.of("a", "b"), request.getMappedNamespacesList());
        assertEquals(
                Map.of(
                        "context", List.of("X"),
                        "namespace", List.of("shop"),
                        "insecure-skip-tls-verify", List.of("true")),
                typing.daemon.flags.flags());
    }

    @Test
    void theValueOfAFlagIsNoCommand() {
        printed("-n list connect");
        assertEquals("list", typing.<ConnectRequest>asked().getNamespace());
        assertTrue(printed("--output json status").startsWith("{"), typing.out());
        assertEquals(0, typing.type("helm -n tm install --set a=b"));
        assertEquals("tm", typing.<HelmRequest>asked().getManagerNamespace());
    }

    /** -i is a file for genyaml, and nothing but itself for list. */
    @Test
    void aFlagThatMeansSeveralThingsIsTheCommandsOwn() {
        typing.daemon.connected = true;
        typing.daemon.workloads = List.of(Samples.workload("api", "v0.1.0", ""));
        assertEquals(printed("list -i"), printed("-i list"));
        typing.stdin = "kind: Deployment";
        printed("genyaml -i - config");
        assertTrue(typing.asked().toString().contains("kind: Deployment"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--nmae x connect", "--nmae connect", "--replace status"})
    void aFlagThatTheCommandDoesNotHaveIsUnknown(String line) {
        assertEquals(1, typing.type(line));
        assertTrue(typing.err().startsWith("telepresence"), typing.err());
    }

    @Test
    void statusTakesJsonAsAFlag() {
        String json = printed("status --output json");
        assertEquals(json, printed("status --json"));
        assertEquals(json, printed("status -j"));
        assertFalse(printed("status --help").contains("--json"));
    }

    @Test
    void listLeavesOutWhatCannotBeIntercepted() {
        typing.daemon.connected = true;
        typing.daemon.workloads =
                List.of(Samples.workload("api", "v0.1.0", ""), Samples.workload("db", "", "no ports"));
        String all = printed("list");
        assertEquals(all, printed("list --only-interceptable=false"));
        assertEquals(
                all.lines().findFirst().orElse("").replace(" :", ":"),
                printed("list -o").strip());
        assertEquals(printed("list -o"), printed("list --only-interceptable"));
    }

    @Test
    void listWatches() {
        typing.daemon.connected = true;
        typing.daemon.workloads = List.of(Samples.workload("api", "v0.1.0", ""));
        String stream = printed("list --output json-stream");
        assertEquals(stream, printed("list --watch"));
        assertEquals(stream, printed("list -w"));
    }

    @Test
    void uninstallNamesAgents() {
        printed("uninstall --agent a b");
        assertEquals(List.of("a", "b"), typing.asked());
        printed("uninstall -d a");
        assertEquals(List.of("a"), typing.asked());
    }

    @ParameterizedTest
    @ValueSource(strings = {"help intercept", "help --output json intercept"})
    void helpIsACommandToo(String line) {
        assertEquals(printed("intercept --help"), printed(line));
    }

    @Test
    void helpOfGroupsAndOfAll() {
        assertEquals(printed(""), printed("help"));
        assertEquals(printed("helm"), printed("help helm"));
        assertEquals(printed("helm install --help"), printed("help helm install"));
        assertEquals(1, typing.type("help frobnicate"));
    }
}

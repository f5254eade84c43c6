package io.telepresence.userd.kubeconfig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeconfigsTest {
    private static final String ONE =
            """
            clusters:
            - name: c1
              cluster: {server: "https://one:6443", certificate-authority: ca.pem, extensions: [{name: telepresence.io, extension: {cluster: {defaultManagerNamespace: staging}}}]}
            users:
            - name: u1
              user: {tokenFile: token, exec: {command: ./plugin}}
            contexts:
            - name: x1
              context: {cluster: c1, user: u1, namespace: shop}
            current-context: x1
            """;
    private static final String TWO =
            """
            clusters:
            - {name: c1, cluster: {server: "https://other:1"}}
            - {name: c2, cluster: {server: "https://two:6443"}}
            users:
            - {name: u2, user: {token: secret-token}}
            contexts:
            - {name: x2, context: {cluster: c2, user: u2}}
            - {name: broken, context: {cluster: nope, user: u2}}
            - {name: nouser, context: {cluster: c2, user: ghost}}
            current-context: x2
            """;

    @TempDir
    Path home;

    @BeforeEach
    void write() throws Exception {
        Files.createDirectories(home.resolve("a"));
        Files.writeString(home.resolve("a/one"), ONE);
        Files.writeString(home.resolve("two"), TWO);
    }

    @Test
    void severalFilesAreMergedAndTheFirstWins() throws Exception {
        KubeTarget target = Kubeconfigs.read(options("a/one:missing:two", Map.of()));
        assertEquals("https://one:6443", target.server());
        assertEquals("shop", target.namespace());
        assertEquals(home.resolve("a/ca.pem").toString(), target.cluster().get("certificate-authority"));
        assertEquals(home.resolve("a/token").toString(), target.user().get("tokenFile"));
        assertEquals(Map.of("cluster", Map.of("defaultManagerNamespace", "staging")), target.extension());
        KubeTarget second = Kubeconfigs.read(options("a/one:two", Map.of("context", List.of("x2"))));
        assertEquals("https://two:6443", second.server());
        assertEquals("default", second.namespace());
    }

    @Test
    void flagsAreStrongerThanFiles() throws Exception {
        KubeTarget target = Kubeconfigs.read(options(
                "a/one",
                Map.of(
                        "server", List.of("https://flag:1"),
                        "token", List.of("t"),
                        "namespace", List.of("n"),
                        "as", List.of("bob"),
                        "as-group", List.of("g1", "g2"),
                        "as-user-extra", List.of("k=v", "k=w"),
                        "certificate-authority", List.of("my.pem"),
                        "insecure-skip-tls-verify", List.of("true"))));
        assertEquals("https://flag:1", target.server());
        assertEquals("n", target.namespace());
        assertEquals("t", target.user().get("token"));
        assertFalse(target.user().containsKey("tokenFile"), "--token replaces the file");
        assertEquals(List.of("g1", "g2"), target.user().get("as-groups"));
        assertEquals(Map.of("k", List.of("v", "w")), target.user().get("as-user-extra"));
        assertEquals(home.resolve("my.pem").toString(), target.cluster().get("certificate-authority"));
        assertEquals(true, target.cluster().get("insecure-skip-tls-verify"));
    }

    @Test
    void standardInputIsAKubeconfig() throws Exception {
        KubeconfigRequest options =
                new KubeconfigRequest(Map.of("kubeconfig", List.of("-")), "", home, home, TWO, false);
        assertEquals("https://two:6443", Kubeconfigs.read(options).server());
    }

    @Test
    void theDefaultFileLiesInTheCallersHome() throws Exception {
        Files.createDirectories(home.resolve(".kube"));
        Files.writeString(home.resolve(".kube/config"), TWO);
        assertEquals("https://two:6443", Kubeconfigs.read(options("", Map.of())).server());
    }

    @Test
    void everyMistakeIsOneSentence() throws Exception {
        assertFault("there is no kubeconfig", "", Map.of());
        assertFault(
                "the kubeconfig " + home.resolve("gone") + " does not exist",
                "",
                Map.of("kubeconfig", List.of("gone")));
        assertFault("the context \"nope\" does not exist", "two", Map.of("context", List.of("nope")));
        assertFault("the cluster \"nope\" does not exist", "two", Map.of("context", List.of("broken")));
        assertFault("the user \"ghost\" does not exist", "two", Map.of("context", List.of("nouser")));
        Files.writeString(home.resolve("bad"), "a: [");
        assertFault("is not valid YAML", "bad", Map.of());
        Files.writeString(home.resolve("list"), "[1]");
        assertFault("is not a kubeconfig", "list", Map.of());
        Files.writeString(home.resolve("none"), "contexts: []");
        assertFault("no current context is set", "none", Map.of());
    }

    @Test
    void contextsAreListedWithTheCurrentOne() throws Exception {
        List<Kubeconfigs.Context> all = Kubeconfigs.contexts(options("a/one:two", Map.of()));
        assertEquals(
                List.of("x1", "x2", "broken", "nouser"),
                all.stream().map(Kubeconfigs.Context::name).toList());
        assertEquals(new Kubeconfigs.Context("x1", "c1", "u1", "shop", true), all.getFirst());
    }

    @Test
    void secretsAreNotInTexts() throws Exception {
        assertFalse(Kubeconfigs.read(options("two", Map.of())).toString().contains("secret-token"));
    }

    @Test
    void pluginsRunAndTheirFaultsAreTold() throws Exception {
        String good = "echo '{\"status\":{\"token\":\"'$WHO'\"}}'";
        assertEquals("Bearer me", credentials(good).authorization());
        assertDenied("failed with exit code 3: no login; more", "echo no login >&2; echo more >&2; exit 3");
        assertDenied("did not print an ExecCredential", "echo hello");
        KubeTarget missing = exec(Map.of("command", "/no/such/plugin", "installHint", "install it"));
        Fault fault = assertThrows(FaultException.class, () -> new Credentials(missing).authorization())
                .fault();
        assertTrue(fault.text().contains("cannot be started"), fault::text);
        assertEquals("install it", fault.remedy());
    }

    @Test
    void aPluginIsAskedAgainOnlyWhenItsAnswerIsUsedUp() throws Exception {
        Path count = home.resolve("count");
        String script = "echo x >> " + count + "; wc -l < " + count + " | sed 's/.*/{\"status\":{\"token\":\"t&\"}}/'";
        Credentials credentials = credentials(script);
        assertEquals("Bearer t1", credentials.authorization());
        assertEquals("Bearer t1", credentials.authorization());
        credentials.refused();
        assertEquals("Bearer t2", credentials.authorization());
    }

    private void assertDenied(String text, String script) {
        Fault fault = assertThrows(
                        FaultException.class, () -> credentials(script).authorization())
                .fault();
        assertTrue(fault.text().contains(text), fault::text);
    }

    private static Credentials credentials(String script) {
        return new Credentials(exec(Map.of(
                "command", "sh",
                "args", List.of("-c", script),
                "env", List.of(Map.of("name", "WHO", "value", "me")))));
    }

    private static KubeTarget exec(Map<String, Object> exec) {
        return new KubeTarget("x", "default", Map.of("server", "https://x"), Map.of("exec", exec), "u");
    }

    private void assertFault(String text, String env, Map<String, List<String>> flags) {
        Fault fault = assertThrows(FaultException.class, () -> Kubeconfigs.read(options(env, flags)))
                .fault();
        assertTrue(fault.text().contains(text), fault::text);
        assertEquals(Fault.Kind.CONFIG, fault.kind());
    }

    private KubeconfigRequest options(String env, Map<String, List<String>> flags) {
        return new KubeconfigRequest(flags, env, home, home, "", false);
    }
}

package io.telepresence.userd.kubeconfig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A plugin finds what it would find under kubectl in the same shell. */
@Timeout(30)
class ExecPluginTest {
    private static final String TOKEN = "{\"status\":{\"token\":\"t\"}}";
    private static final Map<String, Object> CLUSTER = Map.of("server", "https://x:6443");

    @TempDir
    Path directory;

    /** A terminal where plugins end as they are told. */
    private static final class FakeTerminal implements PluginTerminal {
        private final List<Start> started = new ArrayList<>();
        private boolean present = true;
        private boolean readable = true;
        private Ended end = new Ended(0, TOKEN.getBytes(StandardCharsets.UTF_8), "");

        @Override
        public boolean present() {
            return present;
        }

        @Override
        public boolean readable() {
            return readable;
        }

        @Override
        public Ended run(Start start) throws IOException {
            started.add(start);
            if (end == null) {
                throw new IOException("no such file");
            }
            return end;
        }

        private String info() {
            return started.getLast().environment().get("KUBERNETES_EXEC_INFO");
        }
    }

    private static Map<String, Object> script(String text) {
        return Map.of("apiVersion", "client.authentication.k8s.io/v1", "command", "sh", "args", List.of("-c", text));
    }

    private static Map<String, Object> with(Map<String, Object> exec, String key, Object value) {
        Map<String, Object> all = new LinkedHashMap<>(exec);
        all.put(key, value);
        return all;
    }

    private CallerEnvironment caller(Map<String, String> variables, PluginTerminal terminal) {
        return new CallerEnvironment(variables, directory, terminal);
    }

    private String run(Map<String, Object> exec, Map<String, String> variables) throws FaultException {
        return new ExecPlugin(exec, CLUSTER, caller(variables, PluginTerminal.NONE))
                .run()
                .token();
    }

    private Fault fault(Map<String, Object> exec, PluginTerminal terminal) {
        return assertThrows(FaultException.class, () -> new ExecPlugin(exec, CLUSTER, caller(Map.of(), terminal)).run())
                .fault();
    }

    @Test
    void theCallersEnvironmentCountsAndNoOther() throws Exception {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Path login = Files.writeString(
                bin.resolve("my-login"),
                """
                #!/bin/sh
                echo "{\\"status\\":{\\"token\\":\\"$AWS_PROFILE,${HOME-no home},$EXTRA,$(basename "$PWD")\\"}}"
                """);
        Files.setPosixFilePermissions(login, PosixFilePermissions.fromString("rwx------"));
        Map<String, Object> exec =
                Map.of("command", "my-login", "env", List.of(Map.of("name", "EXTRA", "value", "from the kubeconfig")));
        assertEquals(
                "dev,no home,from the kubeconfig," + directory.getFileName(),
                run(exec, Map.of("AWS_PROFILE", "dev", "PATH", "relative:" + bin + ":/usr/bin:/bin")));
        assertTrue(fault(exec, PluginTerminal.NONE).text().contains("missing or not executable"));
        assertFalse(caller(Map.of("AWS_SECRET", "s3cret"), PluginTerminal.NONE)
                .toString()
                .contains("s3cret"));
    }

    @Test
    void aChildThatHoldsTheOutputHoldsNobodyUp() throws Exception {
        Path pid = directory.resolve("pid");
        long begin = System.nanoTime();
        try {
            assertEquals("t", run(script("sleep 60 & echo $! > " + pid + "; echo '" + TOKEN + "'"), Map.of()));
            assertTrue(Duration.ofNanos(System.nanoTime() - begin).toSeconds() < 10, "it was waited for");
        } finally {
            ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).ifPresent(ProcessHandle::destroy);
        }
    }

    @Test
    void theLastWordsOfAFailureAreTold() {
        Fault fault = fault(
                script("echo first >&2; for i in 1 2 3 4; do echo $i >&2; done; echo 'go to http://idp' >&2; exit 4"),
                PluginTerminal.NONE);
        assertEquals(
                "the credential plugin \"sh\" failed with exit code 4: 1; 2; 3; 4; go to http://idp", fault.text());
        assertEquals(ExecPlugin.AGAIN, fault.remedy());
        assertTrue(fault(script("echo '{\"status\":{}}'"), PluginTerminal.NONE)
                .text()
                .contains("gave no credentials"));
    }

    @Test
    void whileTheCommandWaitsItRunsAtItsTerminal() throws Exception {
        FakeTerminal terminal = new FakeTerminal();
        Map<String, Object> exec = with(script("exit 1"), "interactiveMode", "Always");
        ExecPlugin plugin = new ExecPlugin(exec, CLUSTER, caller(Map.of(), terminal));
        assertEquals("t", plugin.run().token());
        assertTrue(terminal.started.getLast().reads());
        assertTrue(terminal.info().contains("\"interactive\":true"), terminal::info);
        assertEquals(List.of("-c", "exit 1"), terminal.started.getLast().arguments());

        terminal.present = false;
        Fault later = assertThrows(FaultException.class, plugin::run).fault();
        assertEquals("the credential plugin \"sh\" must ask at a terminal", later.text());
        assertEquals(ExecPlugin.AGAIN, later.remedy());
        assertEquals(Fault.Kind.DENIED, later.kind());
        assertEquals(1, terminal.started.size());
    }

    @Test
    void whoReadsTheTerminalIsDecidedAsByKubectl() throws Exception {
        FakeTerminal terminal = new FakeTerminal();
        for (String mode : List.of("Never", "IfAvailable")) {
            for (boolean readable : new boolean[] {true, false}) {
                terminal.readable = readable;
                Map<String, Object> exec = with(script("exit 1"), "interactiveMode", mode);
                assertEquals(
                        "t",
                        new ExecPlugin(exec, CLUSTER, caller(Map.of(), terminal))
                                .run()
                                .token());
                boolean reads = readable && mode.equals("IfAvailable");
                assertEquals(reads, terminal.started.getLast().reads(), mode);
                assertTrue(terminal.info().contains("\"interactive\":" + reads), terminal::info);
            }
        }
        terminal.readable = false;
        assertTrue(fault(with(script(""), "interactiveMode", "Always"), terminal)
                .text()
                .contains("must ask at a terminal"));
    }

    @Test
    void whatGoesWrongAtTheTerminalIsTold() {
        FakeTerminal terminal = new FakeTerminal();
        terminal.end = new PluginTerminal.Ended(130, new byte[0], "");
        assertEquals(
                "the credential plugin \"sh\" failed with exit code 130",
                fault(script(""), terminal).text());
        terminal.end = null;
        Fault missing = fault(with(script(""), "installHint", "install it"), terminal);
        assertTrue(missing.text().contains("missing or not executable"), missing::text);
        assertEquals("install it", missing.remedy());
    }

    @Test
    void theClusterIsToldInFullWhereThePluginWantsIt() throws Exception {
        Path authority = Files.writeString(directory.resolve("ca"), "PEM");
        Map<String, Object> cluster = Map.of(
                "server",
                "https://x:6443",
                "certificate-authority",
                authority.toString(),
                "tls-server-name",
                "kubernetes",
                "proxy-url",
                "socks5://p",
                "insecure-skip-tls-verify",
                true,
                "disable-compression",
                true,
                "extensions",
                List.of(
                        Map.of("name", "telepresence.io", "extension", Map.of("a", 1)),
                        Map.of(
                                "name",
                                "client.authentication.k8s.io/exec",
                                "extension",
                                Map.of("audience", "x", "n", 7, "list", List.of(true)))));
        Map<String, Object> exec = with(script(""), "provideClusterInfo", true);
        String want =
                """
                {"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":true,
                 "cluster":{"server":"https://x:6443","tls-server-name":"kubernetes","insecure-skip-tls-verify":true,
                  "certificate-authority-data":"UEVN","proxy-url":"socks5://p","disable-compression":true,
                  "config":{"audience":"x","n":7,"list":[true]}}}}
                """;
        assertEquals(JsonParser.parseString(want), JsonParser.parseString(ExecInfo.json(exec, cluster, true)));
        assertFalse(ExecInfo.json(script(""), cluster, true).contains("cluster"));
        assertEquals(
                JsonParser.parseString("{\"server\":\"https://x:6443\",\"certificate-authority-data\":\"QQ==\"}"),
                JsonParser.parseString(ExecInfo.json(
                                exec, Map.of("server", "https://x:6443", "certificate-authority-data", "QQ=="), false))
                        .getAsJsonObject()
                        .getAsJsonObject("spec")
                        .get("cluster"));
        assertThrows(
                FaultException.class,
                () -> ExecInfo.json(exec, Map.of("server", "x", "certificate-authority", "/no/such/file"), false));
    }
}

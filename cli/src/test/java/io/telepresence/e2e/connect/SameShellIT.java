package io.telepresence.e2e.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.apps.SlowRelay;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The API server is reached as kubectl reaches it in the same shell: proxies, names, plugins, and where it has moved to. */
@ExtendWith(Session.class)
class SameShellIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Path HOSTS = Laptop.home().resolve("hosts");
    private static final Path CONFIG = Laptop.home().resolve("shell.kubeconfig");
    private static final Path WORN = Laptop.home().resolve("worn");
    private static final String NOBODY = "http://127.0.0.1:9";

    /** Named so that this test finds it, and nothing else. */
    private static final String SLEEP = "86329";

    private boolean bound;
    private Process relay;

    @AfterEach
    void quit() throws IOException {
        LAPTOP.telepresence("quit", "-s");
        if (relay != null) {
            Shell.kill(relay);
        }
        if (bound) {
            LAPTOP.run("umount", "/etc/hosts").ok();
        }
        Files.deleteIfExists(CONFIG);
    }

    @Test
    void theProxyOfThisCommandAndNotOfTheDaemonsFirst() {
        Map<String, String> proxy = Map.of("HTTPS_PROXY", NOBODY, "NO_PROXY", "");
        LAPTOP.runWith(proxy, Laptop.command("connect")).failed();
        // The daemon that the failed connect has left serves this one in this one's environment.
        LAPTOP.telepresence("connect").ok();
        LAPTOP.telepresence("quit", "-s").ok();
        LAPTOP.runWith(Map.of("HTTPS_PROXY", NOBODY, "NO_PROXY", "198.18.0.0/15"), Laptop.command("connect"))
                .ok();
        LAPTOP.curl("http://echo/").ok().says("echo-");
    }

    @Test
    void aNameWithAnUnderscoreAndAServerThatMoves() throws IOException {
        Files.writeString(HOSTS, "127.0.0.1 localhost kube_api\n");
        LAPTOP.run("mount", "--bind", HOSTS.toString(), "/etc/hosts").ok();
        bound = true;
        relay = LAPTOP.start(LocalApp.command(SlowRelay.class, "6443", ClusterEnv.address(), "6443", "0"));
        Shell.await(
                "the relay listens",
                Duration.ofSeconds(60),
                () -> LAPTOP.run("sh", "-c", "ss -Hltn | grep -q :6443").exitCode() == 0);
        LAPTOP.telepresence("connect", "--server", "https://kube_api:6443", "--tls-server-name", "kubernetes")
                .ok()
                .says("https://kube_api:6443");
        LAPTOP.curl("http://echo/").ok().says("echo-");
        Files.writeString(HOSTS, "127.0.0.1 localhost\n" + ClusterEnv.address() + " kube_api\n");
        Shell.kill(relay);
        Shell.await(
                "the session comes back",
                Duration.ofSeconds(40),
                () -> LAPTOP.curl("http://echo/").exitCode() == 0);
    }

    @Test
    void aPluginAsksAtTheTerminalAndLaterStatusSaysSo() throws IOException {
        plugin("echo 'open http://idp and enter 1234' >&2; read code; [ \"$code\" = 1234 ] || exit 7");
        Result silent = LAPTOP.run(connect()).failed();
        silent.says("must ask at a terminal").says("in a terminal");
        Result connected = atTerminal("1234").ok();
        connected.says("open http://idp and enter 1234").says("Connected to context");
        LAPTOP.curl("http://echo/").ok().says("echo-");
        // From now on a carrier needs new ones, and nobody is at a terminal.
        long worn = Long.parseLong(Files.readString(WORN).strip()) * 1000;
        Shell.await("the credentials are worn out", Duration.ofSeconds(40), () -> System.currentTimeMillis() > worn);
        Cluster.script("kubectl", "-n", "ambassador", "delete", "pod", "-l", "app=traffic-manager")
                .ok();
        Shell.await("status says what to do", Duration.ofSeconds(30), () -> LAPTOP.telepresence("status")
                .stdout()
                .contains("run \"telepresence connect\" again"));
        atTerminal("1234").ok();
        Shell.await(
                "the session is back",
                Duration.ofSeconds(60),
                () -> LAPTOP.curl("http://echo/").exitCode() == 0);
        assertFalse(LAPTOP.telepresence("status").ok().stdout().contains("New credentials"));
    }

    @Test
    void aPluginThatWaitsEndsWithItsCommand() throws IOException {
        plugin("sleep " + SLEEP);
        Result ended = LAPTOP.run("sh", "-c", "timeout --foreground -s INT 6 " + String.join(" ", connect()));
        assertEquals(124, ended.exitCode(), ended::describe);
        Shell.await(
                "the plugin has ended",
                Duration.ofSeconds(10),
                () -> LAPTOP.run("pgrep", "-f", "^sleep " + SLEEP).exitCode() != 0);
    }

    private static String[] connect() {
        return Laptop.command("connect", "--kubeconfig", CONFIG.toString());
    }

    /** What is typed waits in the terminal until somebody reads it. */
    private static Result atTerminal(String typed) {
        return LAPTOP.run(
                "sh",
                "-c",
                "(echo " + typed + "; sleep 6) | script -qec '" + String.join(" ", connect()) + "' /dev/null");
    }

    /** A kubeconfig whose user has a plugin that does this, and then gives the developer's credentials for 40 s; the last 20 s we do not use. */
    private static void plugin(String first) throws IOException {
        String developer = Files.readString(
                Path.of(LAPTOP.run("sh", "-c", "echo $KUBECONFIG").stdout().strip()));
        String mode = first.contains("read") ? "Always" : "IfAvailable";
        Path plugin = Files.writeString(
                Laptop.home().resolve("login"),
                """
                #!/bin/sh
                %s
                echo $(($(date +%%s) + 20)) > %s
                echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{
                "expirationTimestamp":"'$(date -u -d '+40 seconds' +%%FT%%TZ)'",
                "clientCertificateData":"%s","clientKeyData":"%s"}}'
                """
                        .formatted(
                                first,
                                WORN,
                                pem(developer, "client-certificate-data"),
                                pem(developer, "client-key-data")));
        Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwxr-xr-x"));
        String changed = developer.replaceFirst(
                "(?s)client-certificate-data: .*?\\n +client-key-data: .*?\\n",
                "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: " + mode
                        + "}\n");
        assertTrue(!changed.equals(developer), "the kubeconfig has another form");
        Files.writeString(CONFIG, changed);
    }

    private static String pem(String kubeconfig, String key) {
        String data = kubeconfig.replaceFirst("(?s).*" + key + ": (\\S+).*", "$1");
        return new String(Base64.getDecoder().decode(data), StandardCharsets.US_ASCII).replace("\n", "\\n");
    }
}

package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong before there is a session: one sentence each, and nothing half done. */
@ExtendWith(Session.class)
class FaultsIT {
    private static final Laptop LAPTOP = new Laptop("developer");

    @AfterEach
    void quit() {
        LAPTOP.telepresence("quit", "-s");
    }

    @Test
    void noKubeconfig() {
        LAPTOP.runWith(Map.of("KUBECONFIG", "/nowhere/config"), Laptop.command("connect"))
                .failed()
                .says("/nowhere/config");
    }

    @Test
    void unknownContext() {
        LAPTOP.telepresence("connect", "--context", "no-such").failed().says("no-such");
    }

    @Test
    void apiServerRefuses() {
        Result refused = LAPTOP.telepresence("connect", "--server", "https://" + ClusterEnv.address() + ":6444")
                .failed();
        refused.says(ClusterEnv.address() + ":6444");
        assertTrue(refused.millis() < 30_000, refused::describe);
    }

    @Test
    void apiServerDoesNotAnswer() {
        // In the wire's own network, where nobody answers.
        String nobody = ClusterEnv.address().replaceFirst("\\d+$", "99");
        Result silent = LAPTOP.telepresence("connect", "--server", "https://" + nobody + ":6443")
                .failed();
        assertTrue(silent.millis() < 40_000, silent::describe);
    }

    @Test
    void expiredCredentials() {
        LAPTOP.as("expired").telepresence("connect").failed().says("credentials");
    }

    @Test
    void noRights() {
        LAPTOP.as("norights").telepresence("connect").failed().says("ambassador");
    }

    @Test
    void managerNotInstalled() {
        LAPTOP.telepresence("connect", "--manager-namespace", "default")
                .failed()
                .says("telepresence helm install");
    }

    @Test
    void execPluginThatFails(@TempDir Path directory) throws IOException {
        Path plugin = directory.resolve("plugin");
        Files.writeString(plugin, "#!/bin/sh\necho 'please log in first' >&2\nexit 1\n");
        plugin.toFile().setExecutable(true);
        Path config = directory.resolve("config");
        String developer = LAPTOP.run("sh", "-c", "cat $KUBECONFIG").ok().stdout();
        String users = "users:\n- name: developer\n  user:\n    exec:\n"
                + "      apiVersion: client.authentication.k8s.io/v1beta1\n      command: " + plugin
                + "\n      interactiveMode: Never\n";
        Files.writeString(
                config,
                developer.replaceFirst(
                        "(?ms)^users:\\n(?:[- ].*?\\n)*", java.util.regex.Matcher.quoteReplacement(users)));
        LAPTOP.telepresence("connect", "--kubeconfig", config.toString())
                .failed()
                .says("please log in first");
    }

    @Test
    void mistypedCommandsAndFlags() {
        LAPTOP.telepresence("conect").failed().says("connect");
        LAPTOP.telepresence("connect", "--no-such-flag").failed().says("--no-such-flag");
        LAPTOP.telepresence("status", "--output", "xml").failed().says("invalid output format");
        LAPTOP.telepresence("connect", "--also-proxy", "not-a-cidr").failed().says("not-a-cidr");
    }
}

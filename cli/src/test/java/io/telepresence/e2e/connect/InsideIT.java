package io.telepresence.e2e.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A laptop that is in the cluster's network already: here, a program on the node. */
@ExtendWith(Session.class)
class InsideIT {
    private static final Laptop LAPTOP = new Laptop("developer");

    private static final Path CONFIG = Laptop.home().resolve("config/telepresence/config.yml");

    @BeforeEach
    void givesTheCheckTime() throws IOException {
        onNode(Laptop.command("quit", "-s"));
        Files.createDirectories(CONFIG.getParent());
        Files.writeString(CONFIG, "timeouts:\n  connectivityCheck: 5s\n");
    }

    @AfterEach
    void quit() throws IOException {
        onNode(Laptop.command("quit", "-s"));
        Files.delete(CONFIG);
    }

    @Test
    void whatIsReachableIsNotMapped() {
        String before = routes();
        onNode(Laptop.command("connect"))
                .ok()
                .says("The cluster's services are reachable from this machine without the tunnel")
                .says("The cluster's pods are reachable from this machine without the tunnel");
        assertEquals(before, routes(), "no subnet of the cluster is routed elsewhere");
        onNode(Laptop.command("status")).ok().says("not mapped");
        onNode("curl", "-sS", "-m", "20", "http://echo.other/").ok().says("Service: echo.other");
        onNode(Laptop.command("intercept", "echo", "--port", "8130:http", "--mount=false"))
                .ok()
                .says("ACTIVE");
        onNode(Laptop.command("leave", "echo")).ok();
    }

    /** Routes of the cluster's own addresses. */
    private static String routes() {
        return String.join(
                "\n",
                onNode("ip", "route", "show", "table", "all")
                        .ok()
                        .stdout()
                        .lines()
                        .filter(l -> l.startsWith("10."))
                        .sorted()
                        .toList());
    }

    /** With the laptop's files in the cluster's network. */
    private static Result onNode(String... command) {
        return LAPTOP.run(Shell.join(List.of("nsenter", "--net=" + ClusterEnv.clusterNetwork(), "--"), command)
                .toArray(String[]::new));
    }
}

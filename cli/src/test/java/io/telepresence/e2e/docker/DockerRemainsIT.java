package io.telepresence.e2e.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.apps.FakeNode;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Docker mode when its parts are killed, frozen or in the way: what is told, what begins again, what is removed. */
@ExtendWith(DockerSession.class)
class DockerRemainsIT {
    private static final String ECHO = "localhost/echo:1";
    private static final String FIRST_CHOICE = "172.29.255.0/24";
    private static final Laptop LAPTOP = new Laptop("developer");

    @AfterEach
    void quit() {
        DockerUser.docker("unpause", DockerUser.DAEMON);
        DockerUser.telepresence("quit", "-s").ok();
        assertNothingIsLeft();
        Shell.await("no helper outlives its connection", Duration.ofSeconds(10), () -> helpers()
                .isEmpty());
    }

    private static void assertNothingIsLeft() {
        assertEquals(List.of(), DockerUser.containers());
        assertEquals("", networks());
    }

    private static String networks() {
        return DockerUser.docker("network", "ls", "-q", "--filter", "name=tp-")
                .ok()
                .stdout();
    }

    @Test
    void aFrozenDaemonIsToldAndRemoved() {
        DockerUser.telepresence("connect", "--docker").ok();
        DockerUser.docker("pause", DockerUser.DAEMON).ok();
        long start = System.nanoTime();
        Result status = DockerUser.telepresence("status");
        // It asks once, for 10 s.
        assertTrue(seconds(start) < 20, status::describe);
        status.says("does not answer");
        start = System.nanoTime();
        Result quit = DockerUser.telepresence("quit", "-s").ok();
        assertTrue(seconds(start) < 45, quit::describe);
        assertNothingIsLeft();
    }

    private static long seconds(long start) {
        return Duration.ofNanos(System.nanoTime() - start).toSeconds();
    }

    @Test
    void aKilledHelperIsStartedAgain() {
        DockerUser.telepresence("connect", "--docker").ok();
        List<String> first = helpers();
        assertEquals(1, first.size(), first::toString);
        DockerUser.run("kill", "-9", first.getFirst()).ok();
        DockerUser.telepresence("list").ok().says("example-app");
        Shell.await("it is gone", Duration.ofSeconds(30), () -> helpers().isEmpty());
        Shell.await("connect starts another one", Duration.ofSeconds(60), () -> {
            DockerUser.telepresence("connect", "--docker").ok().saysNot("Connected to");
            return helpers().size() == 1;
        });
        assertNotEquals(first, helpers());
        DockerUser.telepresence("quit", "-s").ok();
    }

    private static List<String> helpers() {
        return DockerUser.run("pgrep", "-u", DockerUser.account(), "-f", "telepresence.userd.kubeauth.KubeAuthMain")
                .stdout()
                .lines()
                .toList();
    }

    /** The subnet is free on the laptop; that the cluster has it is known after connecting. */
    @Test
    void theNetworkIsMadeAnewWhereTheClusterIs() {
        FakeNode.add("overlap", FIRST_CHOICE);
        try {
            DockerUser.telepresence("connect", "--docker").ok().says("Connected to context");
            String subnet = DockerUser.docker(
                            "network", "inspect", "-f", "{{range .IPAM.Config}}{{.Subnet}}{{end}}", DockerUser.DAEMON)
                    .ok()
                    .stdout()
                    .strip();
            assertTrue(subnet.startsWith("172."), subnet);
            assertNotEquals(FIRST_CHOICE, subnet);
            DockerUser.telepresence("status").ok().says(FIRST_CHOICE);
            DockerUser.telepresence("curl", "-sS", "-m", "10", "http://echo")
                    .ok()
                    .says("Service: echo");
            assertEquals(List.of(DockerUser.DAEMON), DockerUser.containers());
        } finally {
            FakeNode.remove("overlap");
        }
    }

    @Test
    void aConnectThatIsKilledLeavesWhatQuitFinds() {
        HandlerAt connect = HandlerAt.start("connect", "--docker");
        Shell.await(
                "there is a network", Duration.ofSeconds(30), () -> !networks().isEmpty());
        Shell.kill(connect.process());
        awaitTheEngine();
        DockerUser.telepresence("quit", "-s").ok();
        assertNothingIsLeft();
    }

    /** What the engine was asked for before the command was killed comes to its end. */
    private static void awaitTheEngine() {
        Snapshots seen = new Snapshots();
        Shell.await(
                "the engine has nothing to do",
                Duration.ofSeconds(60),
                () -> seen.same(DockerUser.containers() + networks(), Duration.ofSeconds(5)));
    }

    /** How long something has been as it is. */
    private static final class Snapshots {
        private String last = "";
        private long since = System.nanoTime();

        boolean same(String now, Duration atLeast) {
            if (!now.equals(last)) {
                last = now;
                since = System.nanoTime();
            }
            return System.nanoTime() - since >= atLeast.toNanos();
        }
    }

    @Test
    void aKilledCommandBesideADaemonOnTheLaptop() {
        LAPTOP.telepresence("connect").ok();
        try {
            Process handler = LAPTOP.start(Laptop.command(
                    "replace",
                    "example-app",
                    "--port",
                    "18087:8080:http",
                    "--docker-run",
                    "--",
                    "--name",
                    "beside",
                    "-e",
                    "PORT=8080",
                    ECHO,
                    "/echo"));
            Shell.await("its containers are there", Duration.ofSeconds(90), () -> DockerUser.containers()
                    .containsAll(List.of("beside", "beside-tools", "beside-volumes")));
            Shell.kill(handler);
            assertTrue(DockerUser.containers().contains("beside-tools"));
            LAPTOP.telepresence("leave", "example-app").ok();
            assertEquals(List.of(), DockerUser.containers());
        } finally {
            LAPTOP.telepresence("quit", "-s").ok();
        }
    }
}

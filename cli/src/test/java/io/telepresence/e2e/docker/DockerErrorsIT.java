package io.telepresence.e2e.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot work in Docker mode: one sentence each, and nothing is left. */
@ExtendWith(DockerSession.class)
class DockerErrorsIT {
    private static final String ECHO = "localhost/echo:1";
    private static final String TOOLS = "localhost/tools:1";
    /** Of an account that may not use the engine; no other run's. */
    private static final String HOME = "/tmp/tp-nobody-docker-" + Laptop.home().getFileName();

    @BeforeAll
    static void connect() {
        DockerUser.telepresence("connect", "--docker").ok();
    }

    @AfterEach
    void nothingIsLeft() {
        assertEquals(List.of(DockerUser.DAEMON), DockerUser.containers());
        DockerUser.telepresence("list").ok().saysNot("intercepted").saysNot("replaced");
    }

    @Test
    void noDocker() {
        String bin = DockerUser.home().resolve("bin").toString();
        DockerUser.run(
                        "sh",
                        "-c",
                        "mkdir -p " + bin + "; for p in sh setsid readlink; do ln -sf $(command -v $p) " + bin
                                + "/$p; done")
                .ok();
        with("PATH=" + bin, "connect", "--docker", "--name", "x")
                .failed()
                .says("the command docker cannot be run on this machine");
    }

    @Test
    void noEngine() {
        with("DOCKER_HOST=unix:///nowhere/docker.sock", "connect", "--docker", "--name", "x")
                .failed()
                .says("the Docker engine does not answer");
    }

    @Test
    void noRightToTheSocket() {
        List<String> command = new ArrayList<>(
                List.of("laptop", "--as", "nobody", "--", "env", "XDG_RUNTIME_DIR=" + HOME, "HOME=" + HOME));
        command.addAll(List.of(Laptop.command("connect", "--docker")));
        Cluster.script("laptop", "--", "install", "-d", "-m", "700", "-o", "nobody", HOME)
                .ok();
        try {
            Cluster.script(command.toArray(String[]::new)).failed().says("you have no right to use the Docker engine");
        } finally {
            Cluster.script("laptop", "--", "rm", "-rf", HOME).ok();
        }
    }

    @Test
    void wrongKubeconfig() {
        DockerUser.telepresence("connect", "--docker", "--name", "x", "--context", "nope")
                .failed()
                .says("nope");
        DockerUser.telepresence(
                        "connect", "--docker", "--name", "x", "--server", "https://" + ClusterEnv.address() + ":1")
                .failed()
                .says(ClusterEnv.address() + ":1");
        DockerUser.telepresence("connect", "--docker", "--name", "a b").failed().says("is not a valid --name");
        DockerUser.telepresence("connect", "--expose", "80").failed().says("--expose needs --docker");
    }

    @Test
    void imagesAndNames() {
        DockerUser.telepresence("docker-run", "localhost/nothing:1")
                .failed()
                .says("the image localhost/nothing:1 is not");
        DockerUser.telepresence("docker-run").failed().says("needs the name of an image");
        intercept("--docker-run", "--", "localhost/nothing:1").failed().says("the image localhost/nothing:1 is not");
        DockerUser.docker("create", "--name", "mine", ECHO, "/echo").ok();
        try {
            intercept("--docker-run", "--", "--name", "mine", ECHO, "/echo")
                    .failed()
                    .says("cannot create the container mine: a container of that name already exists");
            assertEquals(
                    "mine\n",
                    DockerUser.docker("ps", "-a", "--filter", "name=mine", "--format", "{{.Names}}")
                            .stdout());
        } finally {
            DockerUser.docker("rm", "mine");
        }
    }

    @Test
    void ports() {
        DockerUser.docker("run", "-d", "--rm", "--name", "taken", "-p", "127.0.0.1:18095:80", TOOLS, "sleep", "60")
                .ok();
        try {
            intercept("--docker-run", "--", "-p", "127.0.0.1:18095:8080", ECHO, "/echo")
                    .failed()
                    .says("18095");
        } finally {
            DockerUser.docker("kill", "taken");
        }
    }

    @Test
    void optionsThatCannotBePassedOn() {
        intercept("--docker-run", "--", "-d", ECHO).failed().says("the docker run option -d cannot be used");
        intercept("--docker-run", "--", "--network", "host", ECHO).failed().says("--network host cannot be used");
        intercept("--docker-run").failed().says("--docker-run needs the name of an image after --");
        intercept("--docker-run", "--address", "1.2.3.4", "--", ECHO).failed().says("cannot be used together");
        intercept("--mount", "/tmp/x").failed().says("volumes cannot be mounted on this machine");
    }

    @Test
    void aHandlerThatEndsAtOnce() {
        assertEquals(
                9, intercept("--docker-run", "--", TOOLS, "sh", "-c", "exit 9").exitCode());
        assertEquals(
                127, intercept("--docker-run", "--", TOOLS, "no-such-program").exitCode());
    }

    @ParameterizedTest(name = "DOCKER_BUILDKIT={0}")
    @ValueSource(strings = {"0", "1"})
    void aBuildThatFails(String buildKit) {
        String context = DockerUser.home().resolve("broken").toString();
        DockerUser.run(
                        "sh",
                        "-c",
                        "mkdir -p " + context + "; echo 'FROM localhost/tools:1\nRUN false' > " + context
                                + "/Dockerfile")
                .ok();
        List<String> command = Shell.join(DockerUser.withBuilder(buildKit), Laptop.command("intercept", "echo"));
        Result failed = DockerUser.run(Shell.join(command, "--port", "8080:http", "--docker-build", context)
                .toArray(String[]::new));
        assertTrue(
                failed.failed().stderr().contains(buildKit.equals("1") ? "#1 [internal]" : "returned a non-zero code"));
        assertEquals(
                "telepresence intercept: error: docker build of " + context
                        + " failed with exit code 1. What it printed" + " says why; nothing was engaged",
                failed.stderr().lines().toList().getLast());
    }

    @Test
    void wordsOfABuild() {
        String context = DockerUser.home().toString();
        intercept("--docker-build", context, "--", TOOLS).failed().says("the word IMAGE is missing");
        intercept("--docker-build", context, "--docker-run", "--", "IMAGE")
                .failed()
                .says("only one of");
    }

    private static Result intercept(String... arguments) {
        return DockerUser.telepresence(Shell.join(List.of("intercept", "echo", "--port", "8080:http"), arguments)
                .toArray(String[]::new));
    }

    private static Result with(String variable, String... arguments) {
        return DockerUser.run(
                Shell.join(List.of("env", variable), Laptop.command(arguments)).toArray(String[]::new));
    }
}

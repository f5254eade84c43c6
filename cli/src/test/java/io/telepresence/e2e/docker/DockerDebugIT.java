package io.telepresence.e2e.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import io.telepresence.e2e.harness.Typed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Real debuggers with {@code --docker-debug}: one inside of the handler's container, one on the laptop. */
@ExtendWith(DockerSession.class)
class DockerDebugIT {
    /** Puts a program of this machine and what it is linked with below {@code root}. */
    private static final String WITH_LIBRARIES =
            """
            program=$(command -v "$1")
            for file in "$program" $(ldd "$program" | grep -o '/[^ ]*'); do
                mkdir -p "root${file%/*}" && cp -L "$file" "root$file"
            done
            """;

    @BeforeAll
    static void connect() {
        DockerUser.telepresence("connect", "--docker").ok();
    }

    @AfterEach
    void leave() {
        DockerUser.telepresence("leave", "echo");
        DockerUser.awaitOnlyTheDaemon();
    }

    @Test
    void aTracerOfRootAttachesToAnotherUsersProgram() {
        traced("--docker-debug").says("Process 1 attached").saysNot("not permitted");
    }

    @Test
    void withoutTheRightsOfADebuggerItIsRefused() {
        Result refused = traced("--docker-build");
        assertNotEquals(0, refused.exitCode(), refused::describe);
        refused.says("Operation not permitted").saysNot("attached");
    }

    @Test
    void aBreakpointHoldsARequestFromTheClusterUntilItGoesOn() throws Exception {
        String jdk = System.getProperty("java.home");
        String method = LocalApp.class.getName() + ".answer";
        Path context = context("FROM localhost/java:1\nCOPY classes /classes\n");
        String program = LocalApp.class.getName().replace('.', '/') + ".class";
        // By root: the developer may not get into the source tree.
        Path from = Project.root().resolve("cli/target/test-classes").resolve(program);
        Path to = context.resolve("classes").resolve(program);
        Cluster.script(
                        "laptop",
                        "--",
                        "sh",
                        "-c",
                        "install -D --mode=644 " + from + " " + to + " && chown -R " + DockerUser.account() + " "
                                + context)
                .ok();
        try (HandlerAt handler = HandlerAt.start(
                "intercept",
                "echo",
                "--port",
                "8080:http",
                "--docker-debug",
                context.toString(),
                "--",
                "-p",
                "127.0.0.1:5005:5005",
                "-v",
                jdk + ":" + jdk + ":ro",
                "IMAGE",
                jdk + "/bin/java",
                "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005",
                "-cp",
                "/classes",
                LocalApp.class.getName(),
                "8080",
                "debugged",
                "/tmp/log")) {
            handler.await("Intercepting  : all TCP connections").await("Listening for transport dt_socket");
            Shell.await("the program answers", Duration.ofSeconds(30), () -> request("/")
                    .equals("debugged GET /\n"));
            try (Typed jdb = Typed.start(DockerUser.on("developer", jdk + "/bin/jdb", "-attach", "127.0.0.1:5005"))) {
                jdb.type("stop in " + method).await("breakpoint " + method);
                CompletableFuture<String> held = CompletableFuture.supplyAsync(() -> request("/held"));
                jdb.await("Breakpoint hit")
                        .type("print exchange.getRequestURI()")
                        .await("\"/held\"");
                assertFalse(held.isDone(), jdb::shown);
                jdb.type("clear " + method).await("Removed").type("cont");
                assertEquals("debugged GET /held\n", held.get(20, TimeUnit.SECONDS));
            }
        }
    }

    /** What a tracer says that root runs in the handler's container, whose program is another user's. */
    private static Result traced(String option) {
        Path context = context("FROM localhost/tools:1\nCOPY root /\n");
        DockerUser.run("bash", "-c", "cd " + context + " && " + WITH_LIBRARIES, "bash", "strace")
                .ok();
        try (HandlerAt handler = HandlerAt.start(
                "ingest", "echo", option, context.toString(), "--", "--user", "1000", "IMAGE", "sleep", "600")) {
            handler.await("Container name: echo");
            Shell.await("the program runs", Duration.ofSeconds(20), () -> DockerUser.docker(
                            "exec", "ingest-echo", "cat", "/proc/1/comm")
                    .stdout()
                    .equals("sleep\n"));
            return DockerUser.docker("exec", "--user", "0", "ingest-echo", "timeout", "2", "strace", "-p", "1");
        }
    }

    private static String request(String path) {
        return Cluster.kubectl("exec", "caller", "--", "curl", "-sS", "-m", "60", "http://echo" + path)
                .stdout();
    }

    private static Path context(String dockerfile) {
        Path context = DockerUser.home().resolve("debug");
        DockerUser.run(
                        "bash",
                        "-c",
                        "rm -rf \"$0\" && mkdir \"$0\" && printf %s \"$1\" >\"$0/Dockerfile\"",
                        context.toString(),
                        dockerfile)
                .ok();
        return context;
    }
}

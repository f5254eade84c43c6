package io.telepresence.e2e.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.e2e.apps.InteropCalls;
import io.telepresence.e2e.apps.JavaPod;
import io.telepresence.e2e.apps.JavaProgram;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** grpc-java's own interop client and server, with an agent between: all four kinds of calls, and how they can end. */
@ExtendWith(Session.class)
class GrpcIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final List<String> CASES = List.of(
            "empty_unary",
            "large_unary",
            "client_streaming",
            "server_streaming",
            "ping_pong",
            "empty_stream",
            "cancel_after_begin",
            "cancel_after_first_response",
            "timeout_on_sleeping_server",
            "status_code_and_message",
            "special_status_message",
            "custom_metadata",
            "unimplemented_method",
            "unimplemented_service");
    private static JavaPod pod;
    private static Process server;

    @BeforeAll
    static void connect() {
        JavaProgram program = JavaProgram.interop("TestServiceServer");
        pod = program.inPod("interop", 8080, "--port=8080", "--use_tls=false");
        LAPTOP.telepresence("connect").ok();
        server = program.onLaptop(LAPTOP, 8121, "--port=8121", "--use_tls=false");
    }

    @AfterAll
    static void quit() {
        if (server != null) {
            server.destroy();
        }
        LAPTOP.telepresence("quit", "-s");
        if (pod != null) {
            pod.close();
        }
    }

    @Test
    void everyCaseWithoutAnEngagementAndWithAFilterThatFitsOrNot() {
        // An agent is there, but no one has engaged anything.
        intercept();
        LAPTOP.telepresence("leave", "mine").ok();
        everyCase("x-user:me");
        intercept();
        everyCase("x-user:you");
        // The agents tell what they have done with their heartbeats: were there one before these calls, it were
        // counted.
        call(List.of("empty_unary"), "x-user:me").ok().says("empty_unary passed");
        awaitCount(1);
        assertEquals(1, count("delivered"), "no call of others was meant for the laptop");
        everyCase("x-user:me");
        // Two of them are given up by the caller, maybe before they have arrived.
        awaitCount(CASES.size() - 1);
        assertEquals(0, count("failed_open"), () -> LAPTOP.telepresence("list", "--debug")
                .describe());
        server.destroy();
        call(List.of("empty_unary"), "x-user:me").ok().says("empty_unary passed");
        Shell.await(
                "it is told that the laptop did not answer", Duration.ofSeconds(20), () -> count("failed_open") == 1);
    }

    private static void intercept() {
        LAPTOP.telepresence(
                        "intercept",
                        "mine",
                        "--workload",
                        "interop",
                        "--port",
                        "8121:web",
                        "--http-header",
                        "x-user=me",
                        "--mount=false")
                .ok();
    }

    private static void everyCase(String metadata) {
        Result calls = call(CASES, metadata).ok();
        for (String name : CASES) {
            calls.says(name + " passed\n");
        }
    }

    private static Result call(List<String> cases, String metadata) {
        List<String> classPath = Shell.join(
                JavaProgram.interop("TestServiceClient").classPath(),
                Project.root().resolve("cli/target/test-classes").toString());
        List<String> command = new JavaProgram(InteropCalls.class.getName(), classPath)
                .command(
                        String.join(",", cases),
                        "--server_host=" + Cluster.serviceIp("interop"),
                        "--server_port=80",
                        "--use_tls=false",
                        "--additional_metadata=" + metadata);
        return Cluster.onNode(Duration.ofSeconds(90), command.toArray(String[]::new));
    }

    private static void awaitCount(long least) {
        try {
            Shell.await(
                    least + " calls were meant for the laptop",
                    Duration.ofSeconds(20),
                    () -> count("delivered") + count("failed_open") >= least);
        } catch (AssertionError e) {
            String seen = LAPTOP.telepresence("why", "--workload", "interop", "--last", "20")
                    .describe();
            throw new AssertionError(e.getMessage() + seen, e);
        }
    }

    private static long count(String what) {
        Matcher found = Pattern.compile("\"" + what + "\": ?(\\d+)")
                .matcher(LAPTOP.telepresence("list", "-i", "--output", "json").stdout());
        return found.find() ? Long.parseLong(found.group(1)) : 0;
    }
}

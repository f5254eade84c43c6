package io.telepresence.e2e.apps;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.telepresence.e2e.harness.Project;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program that a developer runs: {@code LocalApp PORT NAME LOG}. It answers {@code NAME METHOD PATH} and writes a
 * line with the request's x-id, method and path for each request that came to its end; to {@code /delay/MS} it answers
 * later.
 */
public final class LocalApp {
    private static final Pattern DELAY = Pattern.compile("/delay/(\\d+)");

    private LocalApp() {}

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        String name = arguments[1];
        Path log = Path.of(arguments[2]);
        Files.writeString(log, "");
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 512);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> answer(exchange, name, log));
        server.start();
    }

    /** The command that runs it on the laptop. */
    public static String[] command(int port, String name, Path log) {
        return command(LocalApp.class, Integer.toString(port), name, log.toString());
    }

    /** The command that runs a program of these tests in a process of its own. */
    public static String[] command(Class<?> program, String... arguments) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classes = Project.root().resolve("cli/target/test-classes").toString();
        List<String> command = new ArrayList<>(
                List.of(java, "-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp", classes, program.getName()));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    private static void answer(HttpExchange exchange, String name, Path log) throws IOException {
        exchange.getRequestBody().readAllBytes();
        String id = exchange.getRequestHeaders().getFirst("x-id");
        String line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        synchronized (log) {
            Files.writeString(log, id + " " + line + "\n", StandardOpenOption.APPEND);
        }
        Matcher delay = DELAY.matcher(exchange.getRequestURI().getPath());
        if (delay.matches()) {
            LockSupport.parkNanos(
                    Duration.ofMillis(Long.parseLong(delay.group(1))).toNanos());
        }
        byte[] body = (name + " " + line + "\n").getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }
}

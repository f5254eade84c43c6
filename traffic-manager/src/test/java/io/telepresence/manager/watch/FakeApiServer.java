package io.telepresence.manager.watch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An API server that answers GETs from a map of paths, 404 for the rest, and remembers what was asked. DELETE removes what it
 * answers.
 */
public final class FakeApiServer implements AutoCloseable {
    private final HttpServer http;
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final KubernetesClient client;

    private FakeApiServer(HttpServer http) {
        this.http = http;
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + http.getAddress().getPort())
                .withRequestRetryBackoffLimit(0)
                .build();
        this.client = new KubernetesClientBuilder().withConfig(config).build();
    }

    public static FakeApiServer open() throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        FakeApiServer server = new FakeApiServer(http);
        http.createContext("/", server::answer);
        http.start();
        return server;
    }

    public KubernetesClient client() {
        return client;
    }

    public String url() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    /** @param path without query */
    public FakeApiServer with(String path, String json) {
        answers.put(path, json);
        return this;
    }

    /** A group as discovery shows it. */
    public FakeApiServer withGroup(String group, String... versions) {
        List<String> entries = List.of(versions).stream()
                .map(v -> "{\"groupVersion\": \"%s/%s\", \"version\": \"%s\"}".formatted(group, v, v))
                .toList();
        return with(
                "/apis/" + group,
                "{\"kind\": \"APIGroup\", \"apiVersion\": \"v1\", \"name\": \"%s\", \"versions\": [%s]}"
                        .formatted(group, String.join(", ", entries)));
    }

    /** The paths, with queries, in order. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    private void answer(HttpExchange exchange) throws IOException {
        boolean delete = exchange.getRequestMethod().equals("DELETE");
        asked.add((delete ? "DELETE " : "") + exchange.getRequestURI());
        String path = exchange.getRequestURI().getPath();
        String found = delete ? answers.remove(path) : answers.get(path);
        byte[] body = (found == null ? "{\"kind\": \"Status\", \"code\": 404, \"reason\": \"NotFound\"}" : found)
                .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(found == null ? 404 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        client.close();
        http.stop(0);
    }
}

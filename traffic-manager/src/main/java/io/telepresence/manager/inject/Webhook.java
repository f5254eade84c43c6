package io.telepresence.manager.inject;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTPS edge that the API server calls: one path, POST, JSON in and out; and {@code /healthz}, by which clients find
 * out whether they reach the cluster's services by themselves. Each request has a virtual thread of its own.
 */
final class Webhook implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);

    /** The API server's own limit for an object is 3 MiB; a review holds one object. */
    private static final int LONGEST = 8 << 20;

    private final HttpsServer server;
    private final ExecutorService threads;

    private Webhook(HttpsServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    /**
     * Listens on all addresses until closed.
     *
     * @param review turns a review into its answer; an {@link IllegalArgumentException} becomes 400
     */
    static Webhook open(InetSocketAddress address, String path, WebhookTls tls, UnaryOperator<String> review)
            throws IOException, GeneralSecurityException {
        HttpsServer server = HttpsServer.create(address, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls.context()));
        ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("webhook-", 0).factory());
        server.setExecutor(threads);
        server.createContext(path, exchange -> serve(exchange, review));
        server.createContext("/healthz", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, -1);
            }
        });
        server.start();
        LOG.info("webhook listens on {}{}", server.getAddress(), path);
        return new Webhook(server, threads);
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(1);
        threads.shutdownNow();
    }

    private static void serve(HttpExchange exchange, UnaryOperator<String> review) throws IOException {
        try (exchange) {
            if (!exchange.getRequestMethod().equals("POST")) {
                exchange.sendResponseHeaders(405, -1);
                return;
            }
            byte[] body = exchange.getRequestBody().readNBytes(LONGEST + 1);
            if (body.length > LONGEST) {
                exchange.sendResponseHeaders(413, -1);
                return;
            }
            byte[] answer =
                    review.apply(new String(body, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        } catch (IllegalArgumentException | tools.jackson.core.JacksonException e) {
            LOG.warn("a request that is no admission review: {}", e.getMessage());
            exchange.sendResponseHeaders(400, -1);
        } catch (RuntimeException | IOException e) {
            LOG.warn("admission review failed", e);
            throw e;
        }
    }
}

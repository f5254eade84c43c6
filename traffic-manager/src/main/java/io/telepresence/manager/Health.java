package io.telepresence.manager;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/** Tells the kubelet that the process lives ({@code /healthz}) and that it serves ({@code /readyz}). */
final class Health implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads;

    private Health(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    static Health open(int port, BooleanSupplier ready) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(port), 16);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        server.setExecutor(threads);
        answer(server, "/healthz", () -> true);
        answer(server, "/readyz", ready);
        server.start();
        return new Health(server, threads);
    }

    private static void answer(HttpServer server, String path, BooleanSupplier good) {
        server.createContext(path, exchange -> {
            exchange.sendResponseHeaders(good.getAsBoolean() ? 200 : 503, -1);
            exchange.close();
        });
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}

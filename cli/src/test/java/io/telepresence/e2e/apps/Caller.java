package io.telepresence.e2e.apps;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A caller in the cluster's network. {@code Caller mixed URL COUNT THREADS} sends requests of alice, bob, for /admin/
 * and of nobody in random order and prints a line {@code id kind first-word-of-the-answer} for each. {@code Caller
 * steady URL THREADS STOP-FILE} sends requests until the file is there, then prints {@code COUNT FAILURES}, and each
 * failure with its begin before. Every other thread keeps its connections.
 */
public final class Caller {
    /** As long as a process may take to start on a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Caller() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("mixed")) {
            mixed(URI.create(arguments[1]), Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
        } else {
            steady(URI.create(arguments[1]), Integer.parseInt(arguments[2]), Path.of(arguments[3]));
        }
    }

    private static void mixed(URI url, int count, int threads) throws Exception {
        AtomicInteger next = new AtomicInteger();
        all(threads, thread -> {
            Random random = new Random(thread);
            HttpClient client = client();
            for (int id = next.incrementAndGet(); id <= count; id = next.incrementAndGet()) {
                String kind = new String[] {"alice", "bob", "admin", "nobody"}[random.nextInt(4)];
                HttpRequest.Builder request = HttpRequest.newBuilder(
                                url.resolve(kind.equals("admin") ? "/admin/" + id : "/item/" + id))
                        .timeout(PATIENCE)
                        .header("x-id", Integer.toString(id));
                if (kind.equals("alice") || kind.equals("bob")) {
                    request.header("X-User", kind);
                }
                if (random.nextBoolean()) {
                    request.POST(HttpRequest.BodyPublishers.ofByteArray(new byte[random.nextInt(20_000)]));
                }
                String answer;
                try {
                    answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString())
                            .body()
                            .split("\\s", 2)[0];
                } catch (IOException e) {
                    answer = "failed:" + e.toString().replace(' ', '_');
                }
                System.out.println(id + " " + kind + " " + answer);
            }
        });
    }

    private static void steady(URI url, int threads, Path stop) throws Exception {
        AtomicInteger sent = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        all(threads, thread -> {
            HttpClient kept = client();
            while (!Files.exists(stop)) {
                Instant begun = Instant.now();
                try (Once once = new Once(thread % 2 == 0 ? kept : client(), thread % 2 == 1)) {
                    HttpRequest request = HttpRequest.newBuilder(url)
                            .timeout(PATIENCE)
                            .header("x-id", Integer.toString(sent.incrementAndGet()))
                            .build();
                    int status = once.client
                            .send(request, HttpResponse.BodyHandlers.ofString())
                            .statusCode();
                    if (status != 200) {
                        failed.incrementAndGet();
                        System.out.println(begun + " status " + status);
                    }
                } catch (IOException e) {
                    failed.incrementAndGet();
                    System.out.println(begun + (thread % 2 == 0 ? " kept: " : " new: ") + e);
                }
            }
        });
        System.out.println(sent + " " + failed);
    }

    private record Once(HttpClient client, boolean closing) implements AutoCloseable {
        @Override
        public void close() {
            if (closing) {
                client.shutdownNow();
            }
        }
    }

    private interface Work {
        void run(int thread) throws Exception;
    }

    private static void all(int threads, Work work) throws InterruptedException {
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < threads; i++) {
                int thread = i;
                pool.submit(() -> {
                    try {
                        work.run(thread);
                    } catch (Exception e) {
                        System.out.println("thread " + thread + ": " + e);
                    }
                });
            }
            pool.shutdown();
            if (!pool.awaitTermination(10, TimeUnit.MINUTES)) {
                System.out.println("not ended");
            }
        }
    }

    private static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
    }
}

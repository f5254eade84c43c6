package io.telepresence.e2e.apps;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Calls of all kinds from a pod of the cluster: {@code DrainCaller PORT}. {@code /begin?seconds=S&rate=R&to=NAME=IP,…&
 * tcp=NAME=IP} begins; {@code /report} tells what there is to tell, a line {@code NAME KIND TEXT} each, and the last one is
 * {@code under way} once every stream has been answered, and {@code ended} at the end. To each name go R short requests a
 * second, one of S seconds, and for S seconds server-sent events, a WebSocket and a gRPC stream, the latter two with an
 * answer to each of two messages a second. What is cut is begun again, for the time that is left.
 *
 * <p>On threads of the kernel: virtual ones that begin at once, in a JVM that has yet to load everything, wait for each
 * other's classes and keep their carriers meanwhile.
 */
public final class DrainCaller {
    /** Of each name; every other one keeps its connection. */
    private static final int LANES = 40;

    private static final int MOST_ATTEMPTS = 5;

    /** Short requests go on for so long after the streams' end. */
    private static final int MORE_SECONDS = 5;

    private final int seconds;
    private final long end;
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final AtomicInteger open = new AtomicInteger();
    private final CountDownLatch underWay;
    private final long begin = System.nanoTime();
    private static DrainCaller running;

    private DrainCaller(int seconds, int streams) {
        this.seconds = seconds;
        this.end = begin + seconds * 1_000_000_000L;
        this.underWay = new CountDownLatch(streams);
    }

    public static void main(String[] arguments) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(arguments[0])), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/begin", exchange -> answer(exchange, begin(exchange.getRequestURI())));
        server.createContext("/report", exchange -> answer(exchange, running.report()));
        server.start();
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static String begin(URI url) {
        Map<String, String> options = new HashMap<>();
        for (String option : url.getQuery().split("&")) {
            options.put(option.replaceFirst("=.*", ""), option.replaceFirst("[^=]*=", ""));
        }
        List<String[]> targets = targets(options.get("to"));
        List<String[]> tcp = targets(options.get("tcp"));
        DrainCaller caller = new DrainCaller(
                Integer.parseInt(options.get("seconds")), targets.size() * DrainStreams.KINDS.size() + tcp.size());
        running = caller;
        int rate = Integer.parseInt(options.get("rate"));
        for (String[] target : targets) {
            String name = target[0];
            String host = target[1];
            caller.start(() -> caller.shorts(name, host, rate));
            caller.start(() -> caller.longest(name, host));
            for (String kind : DrainStreams.KINDS) {
                caller.start(() -> caller.converse(name, kind, host));
            }
        }
        for (String[] target : tcp) {
            caller.start(() -> caller.converse(target[0], "tcp", target[1]));
        }
        return "begun\n";
    }

    private static List<String[]> targets(String text) {
        return List.of(text.split(",")).stream().map(each -> each.split("=", 2)).toList();
    }

    private void start(Runnable task) {
        open.incrementAndGet();
        Thread.ofPlatform().start(() -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                lines.add("caller failed " + e);
            } finally {
                open.decrementAndGet();
            }
        });
    }

    private String report() {
        // Before the lines are read: each is written before its task ends.
        String last = open.get() == 0 ? "ended\n" : underWay.getCount() == 0 ? "under way\n" : "";
        return String.join("", lines.stream().map(line -> line + "\n").toList()) + last;
    }

    /** What became of the short requests to one name. */
    private static final class Shorts {
        private final AtomicInteger sent = new AtomicInteger();
        private final AtomicInteger failed = new AtomicInteger();
        private final AtomicLong slowestNanos = new AtomicLong();
        private final CountDownLatch lanes = new CountDownLatch(LANES);

        String say(double seconds) {
            return "rate " + Math.round(sent.get() / seconds) + " sent " + sent + " failed " + failed + " slowest "
                    + slowestNanos.get() / 1_000_000;
        }
    }

    private void shorts(String name, String host, int rate) {
        Shorts shorts = new Shorts();
        long interval = 1_000_000_000L * LANES / rate;
        for (int i = 0; i < LANES; i++) {
            boolean keep = i % 2 == 0;
            long first = begin + interval * i / LANES;
            Thread.ofPlatform().start(() -> {
                try (DrainStreams.Http http = new DrainStreams.Http(host, keep, DrainStreams.PATIENCE)) {
                    lane(name, http, first, interval, shorts);
                } finally {
                    shorts.lanes.countDown();
                }
            });
        }
        try {
            shorts.lanes.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        lines.add(name + " " + shorts.say((System.nanoTime() - begin) / 1e9));
    }

    private void lane(String name, DrainStreams.Http http, long first, long interval, Shorts shorts) {
        long over = end + MORE_SECONDS * 1_000_000_000L;
        for (long next = first; next - over < 0; next += interval) {
            pauseUntil(next);
            Instant at = Instant.now();
            long begun = System.nanoTime();
            try {
                http.get("/");
            } catch (IOException e) {
                shorts.failed.incrementAndGet();
                lines.add(name + " failed " + at + " " + http + " until " + Instant.now() + ": " + e);
            }
            shorts.sent.incrementAndGet();
            shorts.slowestNanos.accumulateAndGet(System.nanoTime() - begun, Math::max);
        }
    }

    private static void pauseUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private void longest(String name, String host) {
        try (DrainStreams.Http http = new DrainStreams.Http(host, false, Duration.ofMinutes(3))) {
            lines.add(name + " long " + http.get("/delay/" + seconds * 1000));
        } catch (IOException e) {
            lines.add(name + " long cut at " + Instant.now() + ": " + e);
        }
    }

    private void converse(String name, String kind, String host) {
        boolean first = true;
        for (int attempt = 0; attempt < MOST_ATTEMPTS && end - System.nanoTime() > 0; attempt++) {
            int count = Math.toIntExact((end - System.nanoTime()) / DrainApp.PAUSE_NANOS) + 1;
            int heard = 0;
            long opened = System.nanoTime();
            try (DrainStreams.Stream stream = DrainStreams.open(kind, host, count)) {
                for (int i = 1; i <= count; i++) {
                    String answer = stream.ask(Integer.toString(i));
                    if (!answer.equals(Integer.toString(i))) {
                        throw new IOException(answer + " in place of " + i);
                    }
                    heard++;
                    if (first) {
                        underWay.countDown();
                        first = false;
                    }
                    if (stream.isPaced()) {
                        pauseUntil(opened + i * DrainApp.PAUSE_NANOS);
                    }
                }
                stream.end();
                lines.add(name + " " + kind + " heard all " + count);
                return;
            } catch (Exception e) {
                lines.add(
                        name + " " + kind + " cut after " + heard + " of " + count + " at " + Instant.now() + ": " + e);
                LockSupport.parkNanos(DrainApp.PAUSE_NANOS);
            }
        }
    }
}

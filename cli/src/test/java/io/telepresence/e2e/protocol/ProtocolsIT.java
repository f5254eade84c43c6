package io.telepresence.e2e.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.telepresence.e2e.apps.JavaPod;
import io.telepresence.e2e.apps.JavaProgram;
import io.telepresence.e2e.apps.WebApp;
import io.telepresence.e2e.apps.WebSocketCaller;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What is spoken in clusters today, with a filter between: HTTP/2 without TLS, its Upgrade, WebSocket, server-sent events,
 * large bodies. Applications are nginx and Jetty; callers are curl, nghttp, h2load and the JDK.
 */
@ExtendWith(Session.class)
class ProtocolsIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final long GIGABYTE = 1L << 30;
    private static Process app;
    private static JavaPod pod;

    @BeforeAll
    static void connect() {
        JavaProgram program = JavaProgram.of(WebApp.class);
        pod = program.inPod("web-java", 8080, "8080", "pod");
        LAPTOP.telepresence("connect").ok();
        app = program.onLaptop(LAPTOP, 8120, "8120", "laptop");
    }

    @AfterAll
    static void quit() {
        if (app != null) {
            app.destroy();
        }
        LAPTOP.telepresence("quit", "-s");
        if (pod != null) {
            pod.close();
        }
    }

    @AfterEach
    void leaveAll() {
        LAPTOP.telepresence("leave", "mine");
    }

    @Test
    void http2WithPriorKnowledge() {
        engage("web", "8120:h2c");
        String url = "http://" + Cluster.serviceIp("web") + ":82/a";
        assertEquals("nginx HTTP/2.0 GET /a\n", curl("--http2-prior-knowledge", url));
        assertEquals("laptop HTTP/2.0 GET /a 0\n", curl("--http2-prior-knowledge", "-H", "x-user: me", url));
        assertEquals("nginx HTTP/2.0 GET /a\n", node("nghttp", url).ok().stdout());
        assertEquals(
                "laptop HTTP/2.0 GET /a 0\n",
                node("nghttp", "-H", "x-user: me", url).ok().stdout());
        // Many streams at once on few connections; one in two connections is the laptop's.
        for (String user : new String[] {"me", "you"}) {
            node("h2load", "-n", "2000", "-c", "4", "-m", "25", "-H", "x-user: " + user, url)
                    .ok()
                    .says("2000 succeeded, 0 failed, 0 errored")
                    .says("2000 2xx");
        }
    }

    @Test
    void upgradeToHttp2() {
        String url = "http://" + Cluster.serviceIp("web-java") + "/a";
        assertEquals("pod HTTP/2.0 GET /a 0\n", curl("--http2", url));
        engage("web-java", "8120:web");
        // The offer is not passed on: requests after it could not be judged. A server may always decline it.
        assertEquals("pod HTTP/1.1 GET /a 0\n", curl("--http2", url));
        assertEquals("laptop HTTP/1.1 GET /a 0\n", curl("--http2", "-H", "x-user: me", url));
        assertEquals("pod HTTP/2.0 GET /a 0\n", curl("--http2-prior-knowledge", url));
        assertEquals("laptop HTTP/2.0 GET /a 0\n", curl("--http2-prior-knowledge", "-H", "x-user: me", url));
        LAPTOP.telepresence("leave", "mine").ok();
        assertEquals("pod HTTP/2.0 GET /a 0\n", curl("--http2", url));
    }

    @Test
    void webSocket() {
        String url = "ws://" + Cluster.serviceIp("web-java") + "/ws";
        webSocket("pod", url);
        engage("web-java", "8120:web");
        webSocket("pod", url, "x-user", "you");
        webSocket("laptop", url, "x-user", "me");
    }

    private static void webSocket(String place, String... arguments) {
        String all = Cluster.onNode(
                        LONG,
                        JavaProgram.of(WebSocketCaller.class).command(arguments).toArray(String[]::new))
                .ok()
                .stdout();
        assertEquals("open " + place + "\ntexts\nbinaries\nfragments\npings\nclosed 1000 done\ncodes\naborted\n", all);
    }

    @Test
    void serverSentEventsComeOneByOne() throws IOException {
        engage("web-java", "8120:web");
        for (String[] who : new String[][] {{"pod", "you"}, {"laptop", "me"}}) {
            String url = "http://" + Cluster.serviceIp("web-java");
            Path out = Laptop.home().resolve("events-" + who[0]);
            Files.deleteIfExists(out);
            Process listening = Shell.start(
                    Map.of(),
                    Cluster.onNode("curl", "-sSN", "-m", "30", "-H", "x-user: " + who[1], url + "/events"),
                    out,
                    out);
            String expected = "";
            for (int i = 0; i < 3; i++) {
                expected += "data: " + who[0] + " " + i + "\n\n";
                String soFar = expected;
                Shell.await(
                        "event " + i, Duration.ofSeconds(20), () -> read(out).equals(soFar));
                curl("-H", "x-user: " + who[1], url + "/next");
            }
            Shell.await("the end of events", Duration.ofSeconds(20), () -> !listening.isAlive());
            assertEquals(0, listening.exitValue());
        }
    }

    @Test
    void bodiesOfAGigabyte() throws IOException {
        Path large = Laptop.home().resolve("large");
        try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
            file.setLength(GIGABYTE);
        }
        engage("web-java", "8120:web");
        String url = "http://" + Cluster.serviceIp("web-java") + "/up";
        assertEquals("pod HTTP/1.1 PUT /up " + GIGABYTE + "\n", curl("-T", large.toString(), url));
        assertEquals(
                "laptop HTTP/1.1 PUT /up " + GIGABYTE + "\n",
                curl("-T", large.toString(), "-H", "x-user: me", "-H", "Expect: 100-continue", url));
        assertEquals(
                "pod HTTP/2.0 PUT /up " + GIGABYTE + "\n",
                curl("--http2-prior-knowledge", "-T", large.toString(), url));
        String restarts = Cluster.kubectl(
                        "get",
                        "pod",
                        "-l",
                        "app=web-java",
                        "-o",
                        "jsonpath={.items[*].status.containerStatuses[*].restartCount}")
                .stdout();
        assertFalse(restarts.matches(".*[1-9].*"), restarts);
        Files.delete(large);
    }

    private static void engage(String workload, String port, String... more) {
        LAPTOP.telepresence(Shell.join(
                                java.util.List.of(
                                        "intercept",
                                        "mine",
                                        "--workload",
                                        workload,
                                        "--port",
                                        port,
                                        "--http-header",
                                        "x-user=me",
                                        "--mount=false"),
                                more)
                        .toArray(String[]::new))
                .ok();
    }

    private static String curl(String... arguments) {
        return node(Shell.join(java.util.List.of("curl", "-sS", "-m", "50"), arguments)
                        .toArray(String[]::new))
                .ok()
                .stdout();
    }

    private static Result node(String... command) {
        return Cluster.onNode(LONG, command);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}

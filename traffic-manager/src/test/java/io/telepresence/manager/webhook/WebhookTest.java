package io.telepresence.manager.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The webhook's port as strangers and the API server see it. */
@Timeout(30)
class WebhookTest {
    private static final String SECRET = "a".repeat(32);
    private static final String PATH = "/traffic-agent/" + SECRET + "?timeout=5s";

    @TempDir
    Path directory;

    private final List<Socket> sockets = new ArrayList<>();
    private final AtomicInteger reviews = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private Map<String, byte[]> first;
    private TestPairs cluster;
    private WebhookKeys keys;
    private Webhook webhook;

    @BeforeEach
    void open() throws Exception {
        first = TestPairs.render(directory, 'a');
        cluster = new TestPairs(directory);
        cluster.mount(first);
        cluster.register(first);
        keys = cluster.start();
        webhook = answering(Duration.ofSeconds(20));
    }

    /** Only tests of that limit shorten it: a busy machine may need seconds for an honest review. */
    private Webhook answering(Duration within) throws Exception {
        return Webhook.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), keys, within, this::review);
    }

    private void shorten(Duration within) throws Exception {
        webhook.close();
        webhook = answering(within);
    }

    private byte[] review(byte[] document) {
        int now = reviews.incrementAndGet();
        most.accumulateAndGet(now, Math::max);
        try {
            gate.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            reviews.decrementAndGet();
        }
        return document;
    }

    @AfterEach
    void close() throws IOException {
        gate.countDown();
        for (Socket socket : sockets) {
            socket.close();
        }
        webhook.close();
    }

    private Socket connect() throws Exception {
        X509TrustManager any = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {any}, null);
        Socket socket = context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), webhook.port());
        socket.setSoTimeout(10_000);
        sockets.add(socket);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static String head(String path, String more) {
        return "POST " + path + " HTTP/1.1\r\nHost: webhook\r\n" + more + "\r\n";
    }

    /** The status of an answer, and its body after a blank. */
    private static String answer(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            int next = in.read();
            assertTrue(next >= 0, "ended after " + head);
            head.write(next);
        }
        String text = head.toString(StandardCharsets.US_ASCII);
        int length = Integer.parseInt(text.replaceAll("(?is).*content-length: (\\d+).*", "$1"));
        return text.split(" ")[1] + " " + new String(in.readNBytes(length), StandardCharsets.US_ASCII);
    }

    @Test
    void theApiServerKeepsItsConnection() throws Exception {
        Socket socket = connect();
        for (String body : List.of("one", "two")) {
            send(socket, head(PATH, "Content-Length: 3\r\n") + body);
            assertEquals("200 " + body, answer(socket));
        }
    }

    private static Object subject(Socket socket) throws IOException {
        return ((X509Certificate) ((SSLSocket) socket).getSession().getPeerCertificates()[0])
                .getSubjectX500Principal()
                .getName();
    }

    @Test
    void theNextHandshakeShowsWhatTheRegistrationNames() throws Exception {
        Socket before = connect();
        send(before, head(PATH, "Content-Length: 3\r\n") + "abc");
        assertEquals("200 abc", answer(before));
        assertEquals("CN=webhook-a", subject(before));
        cluster.rendered = TestPairs.render(directory, 'b');
        cluster.register(cluster.rendered);
        keys.look();
        Socket after = connect();
        send(after, head("/traffic-agent/" + "b".repeat(32), "Content-Length: 3\r\n") + "abc");
        assertEquals("200 abc", answer(after));
        assertEquals("CN=webhook-b", subject(after));
    }

    @Test
    void aStrangerIsRefusedByTheHeadAlone() throws Exception {
        for (String path : List.of("/traffic-agent", "/traffic-agent/", "/traffic-agent/" + SECRET.replace('a', '1'))) {
            Socket socket = connect();
            send(socket, head(path, "Content-Length: 1000\r\n"));
            assertEquals("404 ", answer(socket));
        }
        assertEquals(0, most.get());
    }

    @Test
    void moreThanTheLargestReviewIsReadNoFurther() throws Exception {
        Socket announced = connect();
        send(announced, head(PATH, "Content-Length: 8000000\r\n"));
        assertEquals("413 ", answer(announced));
        Socket chunked = connect();
        send(chunked, head(PATH, "Transfer-Encoding: chunked\r\n"));
        String chunk = "100000\r\n" + "x".repeat(1 << 20) + "\r\n";
        for (int i = 0; i < 4; i++) {
            send(chunked, chunk);
        }
        assertEquals("413 ", answer(chunked));
        assertEquals(0, most.get());
    }

    @Test
    void aTrickledBodyEndsInTime() throws Exception {
        shorten(Duration.ofSeconds(1));
        Socket socket = connect();
        send(socket, head(PATH, "Content-Length: 1000\r\n") + "x");
        assertEquals("503 ", answer(socket));
    }

    @Test
    void fewAreAnsweredAtATimeAndWaitingOnesInTime() throws Exception {
        shorten(Duration.ofSeconds(3));
        gate = new CountDownLatch(1);
        for (int i = 0; i < 8; i++) {
            send(connect(), head(PATH, "Content-Length: 3\r\n") + "abc");
        }
        for (Socket socket : List.copyOf(sockets)) {
            assertEquals("503 ", answer(socket));
        }
        gate.countDown();
        Socket after = connect();
        send(after, head(PATH, "Content-Length: 3\r\n") + "abc");
        assertEquals("200 abc", answer(after));
        assertEquals(ReviewQueue.AT_A_TIME, most.get());
    }
}

package io.telepresence.rootd.session;

import io.telepresence.base.AddressText;
import io.telepresence.run.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether this machine is inside the cluster's network already, so that nothing needs to be routed. To be
 * asked before any route of ours is set. No credentials are sent, and what answers is not trusted with anything.
 */
final class InsideCheck {
    private static final Logger LOG = LoggerFactory.getLogger(InsideCheck.class);
    /** Client preface and an empty SETTINGS frame (RFC 9113 section 3.4). */
    private static final byte[] HTTP2 =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);

    private static final int SETTINGS = 4;
    private static final int LONGEST_SECONDS = 5;

    private InsideCheck() {}

    private interface Check {
        boolean run() throws Exception;
    }

    /**
     * Starts to ask. Who does not take the connection, or pauses, for {@code millis} counts as not reachable; so does
     * everything if the address is null or {@code millis} is zero. The limit is the network's: the first TLS handshake of a
     * process on a busy machine takes longer.
     */
    static CompletableFuture<Boolean> services(InetSocketAddress injector, int millis) {
        return within(injector, millis, "services", () -> healthy(injector, millis));
    }

    static CompletableFuture<Boolean> pods(InetSocketAddress manager, int millis) {
        return within(manager, millis, "pods", () -> speaksHttp2(manager, millis));
    }

    /** The answer of a check, waiting no longer than its own limit. */
    static boolean join(CompletableFuture<Boolean> check) {
        try {
            return check.get(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    private static CompletableFuture<Boolean> within(InetSocketAddress address, int millis, String what, Check check) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        if (address == null || millis == 0) {
            return CompletableFuture.completedFuture(false);
        }
        Threads.virtual("reach-" + what, () -> {
            try {
                answer.complete(check.run());
            } catch (Exception e) {
                LOG.debug("{} are not reachable without us: {}", what, e.toString());
                answer.complete(false);
            }
        });
        return answer.completeOnTimeout(false, LONGEST_SECONDS, TimeUnit.SECONDS);
    }

    private static boolean speaksHttp2(InetSocketAddress manager, int millis) throws IOException {
        try (Socket socket = connect(manager, millis)) {
            socket.getOutputStream().write(HTTP2);
            byte[] frame = socket.getInputStream().readNBytes(9);
            return frame.length == 9 && frame[3] == SETTINGS;
        }
    }

    private static boolean healthy(InetSocketAddress injector, int millis)
            throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new AnyCertificate()}, null);
        try (Socket plain = connect(injector, millis);
                SSLSocket socket = (SSLSocket) context.getSocketFactory()
                        .createSocket(plain, AddressText.of(injector.getAddress()), injector.getPort(), true)) {
            socket.getOutputStream()
                    .write("GET /healthz HTTP/1.1\r\nHost: healthz\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            return new String(in.readNBytes(12), StandardCharsets.US_ASCII).matches("HTTP/1\\.[01] 200");
        }
    }

    private static Socket connect(InetSocketAddress address, int millis) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(millis);
        socket.connect(address, millis);
        return socket;
    }

    /** The injector's certificate is signed by the cluster's own authority, which this process does not know. */
    private static final class AnyCertificate implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

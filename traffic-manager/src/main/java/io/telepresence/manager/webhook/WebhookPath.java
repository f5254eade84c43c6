package io.telepresence.manager.webhook;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The path that only the API server calls: what the settings say, and a secret last segment that the chart made up. Who
 * does not know it is no API server, and is refused before anything but the head of its request is read. The secret is in
 * the file {@code path} beside the certificate; it is read again when a call does not know the present one. Thread-safe.
 */
public final class WebhookPath {
    /** Name of the file and of the secret's key. */
    static final String FILE = "path";

    private static final Logger LOG = LoggerFactory.getLogger(WebhookPath.class);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
    private static final int LEAST = 16;

    private final String prefix;
    private final Path file;
    private volatile String secret;
    private long lookedNanos = System.nanoTime();

    private WebhookPath(String prefix, Path file) throws IOException {
        this.prefix = prefix.endsWith("/") ? prefix : prefix + "/";
        this.file = file;
        this.secret = read();
    }

    /**
     * @param prefix begins with a slash
     * @throws IOException there is no such file, or nothing secret in it
     */
    public static WebhookPath open(String prefix, Path directory) throws IOException {
        return new WebhookPath(prefix, directory.resolve(FILE));
    }

    private String read() throws IOException {
        String text = Files.readString(file).strip();
        if (text.length() < LEAST) {
            throw new IOException(file + " holds no secret of " + LEAST + " characters");
        }
        return text;
    }

    /** Whether the target of a request is the path; a query may follow. */
    boolean is(String target) {
        int query = target.indexOf('?');
        byte[] asked = (query < 0 ? target : target.substring(0, query)).getBytes(StandardCharsets.UTF_8);
        return same(asked) || lookAgain() && same(asked);
    }

    private boolean same(byte[] asked) {
        return MessageDigest.isEqual(asked, (prefix + secret).getBytes(StandardCharsets.UTF_8));
    }

    /** The text without the secret, for people. */
    String masked(String text) {
        return text.replace(secret, "…");
    }

    private synchronized boolean lookAgain() {
        long now = System.nanoTime();
        if (now - lookedNanos < LOOK_AGAIN.toNanos()) {
            return false;
        }
        lookedNanos = now;
        try {
            String before = secret;
            secret = read();
            return !secret.equals(before);
        } catch (IOException e) {
            LOG.warn("the webhook's path cannot be read again; the present one stays", e);
            return false;
        }
    }
}

package io.telepresence.manager.webhook;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * The path that only the API server calls: its last segment is a secret that the chart made up. Who does not know it is no
 * API server, and is refused before anything but the head of its request is read. Thread-safe.
 */
record WebhookPath(WebhookKeys keys) {
    /** Whether the target of a request is the path; a query may follow. */
    boolean is(String target) {
        int query = target.indexOf('?');
        byte[] asked = (query < 0 ? target : target.substring(0, query)).getBytes(StandardCharsets.UTF_8);
        return keys.called(path -> MessageDigest.isEqual(asked, path.getBytes(StandardCharsets.UTF_8)));
    }
}

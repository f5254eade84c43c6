package io.telepresence.manager.webhook;

import io.telepresence.base.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one rendering of the chart made for the webhook: certificate and key, the authority that signed it, and the secret
 * path. Immutable; the arrays are not changed by anybody.
 */
final class WebhookPair {
    static final String AUTHORITY = "ca.crt";
    static final String CERTIFICATE = "tls.crt";
    static final String KEY = "tls.key";
    static final String PATH = "path";

    private static final Logger LOG = LoggerFactory.getLogger(WebhookPair.class);
    private static final Set<String> FILES = Set.of(AUTHORITY, CERTIFICATE, KEY, PATH);
    private static final String PREFIX = "webhook-";
    private static final int ID_BYTES = 8;
    static final int LEAST_PATH = 16;

    private final Map<String, byte[]> files;
    private final X509Certificate[] chain;
    private final PrivateKey key;

    private WebhookPair(Map<String, byte[]> files) throws GeneralSecurityException {
        this.files = files;
        chain = Pem.certificates(files.get(CERTIFICATE)).toArray(X509Certificate[]::new);
        key = Pem.key(files.get(KEY));
        if (path().length() < LEAST_PATH) {
            throw new GeneralSecurityException("its path is no secret of " + LEAST_PATH + " characters");
        }
    }

    /** @throws GeneralSecurityException something is missing, or broken */
    static WebhookPair of(Map<String, byte[]> entries) throws GeneralSecurityException {
        Map<String, byte[]> files = new TreeMap<>(entries);
        files.keySet().retainAll(FILES);
        if (!files.keySet().equals(FILES)) {
            throw new GeneralSecurityException("it has not all of " + String.join(", ", FILES));
        }
        return new WebhookPair(files);
    }

    /** Of a mounted Secret: all files of one moment. */
    static WebhookPair read(Path directory) throws IOException, GeneralSecurityException {
        Path link = directory.resolve("..data");
        Path now = Files.exists(link) ? link.toRealPath() : directory;
        Map<String, byte[]> files = new TreeMap<>();
        for (String file : FILES) {
            files.put(file, Files.readAllBytes(now.resolve(file)));
        }
        return new WebhookPair(files);
    }

    /** All pairs among the entries of the manager's own Secret, by their ids; broken ones are left out. */
    static Map<String, WebhookPair> stored(Map<String, byte[]> entries) {
        Map<String, Map<String, byte[]>> found = new TreeMap<>();
        entries.forEach((name, value) -> {
            int dot = name.indexOf('.');
            if (name.startsWith(PREFIX) && dot > 0) {
                found.computeIfAbsent(name.substring(0, dot), _ -> new TreeMap<>())
                        .put(name.substring(dot + 1), value);
            }
        });
        Map<String, WebhookPair> pairs = new LinkedHashMap<>();
        found.forEach((name, files) -> {
            try {
                WebhookPair pair = of(files);
                pairs.put(pair.id(), pair);
            } catch (GeneralSecurityException e) {
                LOG.warn("{} in the manager's own Secret is not read: {}", name, e.getMessage());
            }
        });
        return pairs;
    }

    /** The entries with these pairs and no other one. */
    static Map<String, byte[]> store(Map<String, byte[]> entries, Collection<WebhookPair> pairs) {
        Map<String, byte[]> result = new TreeMap<>(entries);
        result.keySet().removeIf(name -> name.startsWith(PREFIX));
        pairs.forEach(pair -> pair.files.forEach((file, value) -> result.put(pair.id() + "." + file, value)));
        return result;
    }

    /** The beginning of the names of its entries. */
    String id() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            files.forEach((_, value) -> digest.update(value));
            return PREFIX + HexFormat.of().formatHex(Arrays.copyOf(digest.digest(), ID_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param authorities as the API server is told them: one certificate in PEM or several */
    boolean isOf(byte[] authorities) {
        if (Arrays.equals(authorities, files.get(AUTHORITY))) {
            return true;
        }
        try {
            List<X509Certificate> all = Pem.certificates(authorities);
            return Pem.certificates(files.get(AUTHORITY)).stream().anyMatch(all::contains);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** The secret last segment of the webhook's path. */
    String path() {
        return new String(files.get(PATH), StandardCharsets.UTF_8).strip();
    }

    X509Certificate[] chain() {
        return chain.clone();
    }

    PrivateKey key() {
        return key;
    }

    /** By the clock of who rendered the chart. */
    Instant issued() {
        return chain[0].getNotBefore().toInstant();
    }
}

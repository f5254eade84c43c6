package io.telepresence.userd.kubeconfig;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;

/**
 * Who the caller is for the API server. Tokens of files and plugins are read anew when they have expired or were refused.
 * Thread-safe; may block (files, plugins), so not for event loops.
 */
public final class Credentials {
    private static final long EARLY_SECONDS = 20;
    private final Map<String, Object> user;

    /** A plugin that has just failed would fail again, and may bother the user each time. */
    private static final long PAUSE_NANOS = 15_000_000_000L;

    private CredentialPlugin plugin;
    private CredentialPlugin.Answer answer;
    private Fault failure;
    private long failedNanos;

    public Credentials(KubeTarget target) {
        this.user = target.user();
        this.plugin = target.plugin();
    }

    /** Value of the header Authorization; empty: none. */
    public String authorization() throws FaultException {
        String file = KubeTarget.text(user, "tokenFile");
        if (!file.isEmpty()) {
            return "Bearer " + new String(file("token", file), StandardCharsets.UTF_8).strip();
        }
        String token = KubeTarget.text(user, "token");
        if (!token.isEmpty()) {
            return "Bearer " + token;
        }
        String name = KubeTarget.text(user, "username");
        if (!name.isEmpty()) {
            byte[] pair = (name + ":" + KubeTarget.text(user, "password")).getBytes(StandardCharsets.UTF_8);
            return "Basic " + Base64.getEncoder().encodeToString(pair);
        }
        if (hasPlugin()) {
            String fresh = answer().token();
            return fresh.isEmpty() ? "" : "Bearer " + fresh;
        }
        if (user.get("auth-provider") instanceof Map<?, ?> old) {
            throw Fault.config(
                            "the auth-provider \"" + KubeTarget.text(old, "name")
                                    + "\" of the kubeconfig is not supported",
                            "Use an exec credential plugin")
                    .exception();
        }
        return "";
    }

    /** PEM of the client certificate and its key; null: none. */
    public byte[][] certificate() throws FaultException {
        byte[] certificate = data(user, "client-certificate");
        byte[] key = data(user, "client-key");
        if (certificate != null && key != null) {
            return new byte[][] {certificate, key};
        }
        if (!hasPlugin()) {
            return null;
        }
        CredentialPlugin.Answer got = answer();
        return got.certificate().isEmpty()
                ? null
                : new byte[][] {
                    got.certificate().getBytes(StandardCharsets.US_ASCII),
                    got.key().getBytes(StandardCharsets.US_ASCII)
                };
    }

    /** The API server refused them: ask a plugin again next time. */
    public synchronized void refused() {
        answer = null;
    }

    /** Asks that plugin now, and from now on if it gives credentials. */
    public synchronized void renew(CredentialPlugin other) throws FaultException {
        answer = other.run();
        plugin = other;
        failure = null;
    }

    /** Contents of {@code name-data} or of the file {@code name}; null: neither is there. */
    public static byte[] data(Map<String, Object> map, String name) throws FaultException {
        String inline = KubeTarget.text(map, name + "-data");
        String file = KubeTarget.text(map, name);
        try {
            if (!inline.isEmpty()) {
                return Base64.getMimeDecoder().decode(inline);
            }
        } catch (IllegalArgumentException e) {
            throw Fault.config(name + "-data in the kubeconfig is not base64", "")
                    .exception(e);
        }
        return file.isEmpty() ? null : file(name, file);
    }

    static byte[] file(String what, String file) throws FaultException {
        try {
            return Files.readAllBytes(Path.of(file));
        } catch (IOException e) {
            throw Fault.config("cannot read the " + what + " file " + file + " of the kubeconfig", "")
                    .exception(e);
        }
    }

    private synchronized CredentialPlugin.Answer answer() throws FaultException {
        if (answer == null || answer.expires().isBefore(Instant.now().plusSeconds(EARLY_SECONDS))) {
            if (failure != null && System.nanoTime() - failedNanos < PAUSE_NANOS) {
                throw failure.exception();
            }
            try {
                answer = plugin.run();
                failure = null;
            } catch (FaultException e) {
                failure = e.fault();
                failedNanos = System.nanoTime();
                throw e;
            }
        }
        return answer;
    }

    private synchronized boolean hasPlugin() {
        return plugin != null;
    }
}

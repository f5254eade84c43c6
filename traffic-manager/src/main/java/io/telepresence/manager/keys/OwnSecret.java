package io.telepresence.manager.keys;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The manager's own Secret. It is changed as a whole, in one update of the version that was read: it is never half written,
 * and what another manager wrote meanwhile is read before it is changed. The manager may not create Secrets, so where it is
 * missing, keys live in memory only. One thread at a time.
 */
public final class OwnSecret {
    public static final String NAME = "traffic-manager-keys";

    private static final Logger LOG = LoggerFactory.getLogger(OwnSecret.class);
    private static final String MISSING = "there is none; helm upgrade, or applying the chart again, makes it";
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int TRIES = 5;

    private final SecretApi api;
    private String complaint = "";

    public OwnSecret(SecretApi api) {
        this.api = api;
    }

    /**
     * Reads it, and writes what the change makes of its entries, if that is something else. The change may be asked several
     * times. If it cannot be had, that is in the log, once, and the change is asked with nothing.
     *
     * @return the entries that it has now, or would have
     */
    public Map<String, byte[]> change(UnaryOperator<Map<String, byte[]>> change) {
        for (int i = 0; i < TRIES; i++) {
            try {
                Secret now = api.get(NAME).orElse(null);
                if (now == null) {
                    return without(change, MISSING);
                }
                Map<String, String> before = now.getData() == null ? Map.of() : now.getData();
                Map<String, byte[]> after = change.apply(entries(now));
                if (!text(after).equals(before)) {
                    api.update(new SecretBuilder(now).withData(text(after)).build());
                }
                complaint = "";
                return after;
            } catch (KubernetesClientException e) {
                if (e.getCode() != CONFLICT) {
                    return without(
                            change,
                            switch (e.getCode()) {
                                case FORBIDDEN -> "it may not get or update it";
                                case NOT_FOUND -> MISSING;
                                default -> "the API server does not answer";
                            });
                }
            }
        }
        return without(change, "others change it all the time");
    }

    private Map<String, byte[]> without(UnaryOperator<Map<String, byte[]>> change, String why) {
        if (!why.equals(complaint)) {
            complaint = why;
            LOG.warn("this traffic-manager keeps keys in memory only, not in the Secret {}: {}", NAME, why);
        }
        return change.apply(Map.of());
    }

    /** What a Secret holds; entries that are no Base64 are left out. */
    public static Map<String, byte[]> entries(Secret secret) {
        Map<String, byte[]> entries = new TreeMap<>();
        if (secret.getData() != null) {
            secret.getData().forEach((name, value) -> {
                try {
                    entries.put(name, Base64.getDecoder().decode(value));
                } catch (IllegalArgumentException e) {
                    LOG.warn("entry {} of the Secret is no Base64", name);
                }
            });
        }
        return entries;
    }

    private static Map<String, String> text(Map<String, byte[]> entries) {
        Map<String, String> text = new TreeMap<>();
        entries.forEach((name, value) -> text.put(name, Base64.getEncoder().encodeToString(value)));
        return text;
    }
}

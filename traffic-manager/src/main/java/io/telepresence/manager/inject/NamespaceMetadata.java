package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Labels and annotations of namespaces, asked of the API server and kept for some seconds. Thread-safe. */
public final class NamespaceMetadata {
    private static final Logger LOG = LoggerFactory.getLogger(NamespaceMetadata.class);
    private static final Duration KEPT = Duration.ofSeconds(10);
    private static final int MOST = 1000;

    private final KubernetesClient client;
    private final Map<String, Known> known = new LinkedHashMap<>();

    private record Known(Optional<ObjectMeta> meta, long askedNanos) {}

    public NamespaceMetadata(KubernetesClient client) {
        this.client = client;
    }

    /** Empty where it is not there or may not be read. Blocks for one API call at most. */
    public Optional<ObjectMeta> of(String namespace) {
        long now = System.nanoTime();
        synchronized (known) {
            Known before = known.get(namespace);
            if (before != null && now - before.askedNanos() < KEPT.toNanos()) {
                return before.meta();
            }
        }
        Optional<ObjectMeta> meta = ask(namespace);
        synchronized (known) {
            known.remove(namespace);
            known.put(namespace, new Known(meta, now));
            if (known.size() > MOST) {
                known.remove(known.keySet().iterator().next());
            }
        }
        return meta;
    }

    private Optional<ObjectMeta> ask(String namespace) {
        try {
            return Optional.ofNullable(client.namespaces().withName(namespace).get())
                    .map(Namespace::getMetadata);
        } catch (KubernetesClientException e) {
            LOG.info("namespace {} cannot be read, so named ports are renamed there: {}", namespace, e.getMessage());
            return Optional.empty();
        }
    }
}

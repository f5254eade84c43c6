package io.telepresence.manager.readiness;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads Warning events of the core API: once for all who wait in a namespace, however many, and then for as long as
 * {@link #FRESH} from memory. Any thread.
 */
final class KubernetesEvents {
    static final Duration FRESH = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(KubernetesEvents.class);

    private final KubernetesClient client;
    private final InstantSource time;
    private final Map<String, Latest> byNamespace = new ConcurrentHashMap<>();

    private record Warning(Instant when, PodProblems.Event event) {}

    KubernetesEvents(KubernetesClient client, InstantSource time) {
        this.client = client;
        this.time = time;
    }

    /** Those that are not older. */
    PodEvents since(Instant oldest) {
        return namespace -> warnings(namespace).stream()
                .filter(w -> !w.when().isBefore(oldest))
                .map(Warning::event)
                .toList();
    }

    private List<Warning> warnings(String namespace) {
        byNamespace.values().removeIf(Latest::stale);
        return byNamespace.computeIfAbsent(namespace, Latest::new).get();
    }

    /** Of one namespace. Who asks while another one reads waits for that. */
    private final class Latest {
        private final String namespace;
        private volatile Instant until = Instant.MAX;
        private List<Warning> warnings;

        Latest(String namespace) {
            this.namespace = namespace;
        }

        boolean stale() {
            return !time.instant().isBefore(until);
        }

        synchronized List<Warning> get() {
            if (warnings == null || stale()) {
                Instant begun = time.instant();
                warnings = read(namespace);
                until = begun.plus(FRESH);
            }
            return warnings;
        }
    }

    private List<Warning> read(String namespace) {
        try {
            return client.v1().events().inNamespace(namespace).withField("type", "Warning").list().getItems().stream()
                    .map(e -> new Warning(when(e), event(e)))
                    .toList();
        } catch (KubernetesClientException e) {
            LOG.debug("events of {}: {}", namespace, e.getMessage());
            return List.of();
        }
    }

    private static PodProblems.Event event(Event event) {
        return new PodProblems.Event(
                Objects.requireNonNullElse(event.getInvolvedObject().getUid(), ""),
                event.getInvolvedObject().getKind() + " "
                        + event.getInvolvedObject().getName(),
                Objects.requireNonNullElse(event.getReason(), ""),
                Objects.requireNonNullElse(event.getMessage(), ""));
    }

    private static Instant when(Event event) {
        String time = event.getLastTimestamp() == null
                ? event.getMetadata().getCreationTimestamp()
                : event.getLastTimestamp();
        try {
            return OffsetDateTime.parse(time)
                    .withOffsetSameInstant(ZoneOffset.UTC)
                    .toInstant();
        } catch (DateTimeParseException | NullPointerException e) {
            return Instant.MAX;
        }
    }
}

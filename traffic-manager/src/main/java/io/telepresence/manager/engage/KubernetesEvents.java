package io.telepresence.manager.engage;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads Warning events of the core API, those younger than a moment only. */
final class KubernetesEvents implements Events {
    private static final Logger LOG = LoggerFactory.getLogger(KubernetesEvents.class);

    private final KubernetesClient client;
    private final Instant since;

    KubernetesEvents(KubernetesClient client, Instant since) {
        this.client = client;
        this.since = since;
    }

    @Override
    public List<PodTroubles.Event> warnings(String namespace) {
        try {
            return client.v1().events().inNamespace(namespace).withField("type", "Warning").list().getItems().stream()
                    .filter(e -> !when(e).isBefore(since))
                    .map(e -> new PodTroubles.Event(
                            Objects.requireNonNullElse(e.getInvolvedObject().getUid(), ""),
                            e.getInvolvedObject().getKind() + " "
                                    + e.getInvolvedObject().getName(),
                            Objects.requireNonNullElse(e.getReason(), ""),
                            Objects.requireNonNullElse(e.getMessage(), "")))
                    .toList();
        } catch (KubernetesClientException e) {
            LOG.debug("events of {}: {}", namespace, e.getMessage());
            return List.of();
        }
    }

    private static Instant when(io.fabric8.kubernetes.api.model.Event event) {
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

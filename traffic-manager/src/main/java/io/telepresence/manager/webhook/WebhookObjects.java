package io.telepresence.manager.webhook;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Map;
import java.util.Optional;

/** What of the webhook stands in the cluster. Calls block, and fail with a {@link KubernetesClientException}. */
interface WebhookObjects {
    /**
     * How the API server is told to call the webhook.
     *
     * @param authority whom it believes, PEM
     * @param path with the secret last segment
     */
    record Registration(byte[] authority, String path) {}

    /** Empty: there is none, or nobody says. */
    Optional<Registration> registration();

    /** Entries of the chart's Secret; none if it is not there. */
    Map<String, byte[]> rendered();

    /**
     * Hears of each change of the registration, until closed.
     *
     * @param over the watch has ended by itself; runs once at most
     */
    AutoCloseable watch(Runnable changed, Runnable over);
}

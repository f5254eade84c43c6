package io.telepresence.manager.identity;

import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.telepresence.identity.Ticket;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** Tickets at the API server: get, list and delete of certificatesigningrequests. */
record ClusterTickets(KubernetesClient client) implements TicketApi {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Any user may make some, of more than a megabyte each. */
    private static final long PAGE = 5;

    private static final int MOST_PAGES = 200;
    private static final String PATH = "/apis/certificates.k8s.io/v1/certificatesigningrequests/";

    @Override
    public Optional<CertificateSigningRequest> read(String name) {
        return Optional.ofNullable(call(c -> c.certificates()
                .v1()
                .certificateSigningRequests()
                .withName(name)
                .get()));
    }

    @Override
    public void delete(String name, String uid) {
        Map<String, Object> options =
                Map.of("apiVersion", "v1", "kind", "DeleteOptions", "preconditions", Map.of("uid", uid));
        try {
            call(c -> c.raw(PATH + name, "DELETE", options));
        } catch (KubernetesClientException e) {
            boolean gone =
                    e.getCode() == HttpURLConnection.HTTP_NOT_FOUND || e.getCode() == HttpURLConnection.HTTP_CONFLICT;
            if (!gone) {
                throw e;
            }
        }
    }

    @Override
    public void each(Consumer<CertificateSigningRequest> look) {
        String next = null;
        for (int page = 0; page < MOST_PAGES; page++) {
            ListOptions options = new ListOptionsBuilder()
                    .withFieldSelector("spec.signerName=" + Ticket.SIGNER)
                    .withLimit(PAGE)
                    .withContinue(next)
                    .build();
            CertificateSigningRequestList found =
                    call(c -> c.certificates().v1().certificateSigningRequests().list(options));
            found.getItems().forEach(look);
            next = found.getMetadata().getContinue();
            if (next == null || next.isEmpty()) {
                return;
            }
        }
    }

    private <T> T call(Function<NamespacedKubernetesClient, T> request) {
        RequestConfig once = new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
                .withRequestTimeout((int) PATIENCE.toMillis())
                .withRequestRetryBackoffLimit(0)
                .build();
        return client.adapt(NamespacedKubernetesClient.class)
                .withRequestConfig(once)
                .call(request::apply);
    }
}

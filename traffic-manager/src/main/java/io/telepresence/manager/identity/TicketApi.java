package io.telepresence.manager.identity;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The API server's part of tickets. Blocks, for a few seconds at most. All methods throw {@link KubernetesClientException} if it
 * does not answer, or refuses.
 */
interface TicketApi {
    /** As it is stored at this moment; empty: there is none. */
    Optional<CertificateSigningRequest> read(String name);

    /** Does nothing if there is another one of that name by now, or none. */
    void delete(String name, String uid);

    /** Those of our signer, a few of them in memory at a time; not all if there are very many. */
    void each(Consumer<CertificateSigningRequest> look);
}

package io.telepresence.manager.lease;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;

/** The Lease object, and the pods that may hold it. Calls block, and fail with a {@link KubernetesClientException}. */
interface LeaseApi {
    Optional<Lease> get();

    void create(Lease lease);

    /** @throws KubernetesClientException with 409 if somebody else has changed it since */
    void update(Lease lease);

    /** Whether the holder's pod is not in the manager's namespace any more, so that nobody renews for it. */
    boolean podGone(String holder);
}

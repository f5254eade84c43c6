package io.telepresence.manager.lease;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;

/** The Lease in the cluster. */
record ClusterLease(KubernetesClient client, String namespace) implements LeaseApi {
    @Override
    public Optional<Lease> get() {
        return Optional.ofNullable(client.leases()
                .inNamespace(namespace)
                .withName(ManagerLease.NAME)
                .get());
    }

    @Override
    public void create(Lease lease) {
        client.leases().inNamespace(namespace).resource(lease).create();
    }

    @Override
    public void update(Lease lease) {
        client.leases().inNamespace(namespace).resource(lease).update();
    }

    @Override
    public boolean podGone(String holder) {
        LeaseHolder known = LeaseHolder.parse(holder);
        return known.isNot(
                client.pods().inNamespace(namespace).withName(known.pod()).get());
    }
}

package io.telepresence.manager.keys;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;

/** Secrets of the manager's namespace. Calls block, and fail with a {@link KubernetesClientException}. */
public interface SecretApi {
    Optional<Secret> get(String name);

    /** @throws KubernetesClientException with 409 if somebody else has changed it since */
    void update(Secret changed);

    static SecretApi of(KubernetesClient client, String namespace) {
        return new SecretApi() {
            @Override
            public Optional<Secret> get(String name) {
                return Optional.ofNullable(
                        client.secrets().inNamespace(namespace).withName(name).get());
            }

            @Override
            public void update(Secret changed) {
                client.secrets().inNamespace(namespace).resource(changed).update();
            }
        };
    }
}

package io.telepresence.manager.keys;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The API server with Secrets, each changed only by who has seen its last version. */
public final class FakeSecrets implements SecretApi {
    private final Map<String, Secret> secrets = new TreeMap<>();
    private int version;
    /** Of each answer, if it is not zero. */
    public int refusal;
    /** Runs once, before the next update. */
    public Runnable meanwhile = () -> {};

    public int updates;

    /** As the chart makes it. */
    public FakeSecrets withEmpty(String name) {
        put(new SecretBuilder().withNewMetadata().withName(name).endMetadata().build());
        return this;
    }

    public void delete(String name) {
        secrets.remove(name);
    }

    @Override
    public Optional<Secret> get(String name) {
        refuse();
        return Optional.ofNullable(secrets.get(name));
    }

    @Override
    public void update(Secret changed) {
        refuse();
        Runnable first = meanwhile;
        meanwhile = () -> {};
        first.run();
        Secret now = secrets.get(changed.getMetadata().getName());
        if (now == null) {
            throw failed(404);
        }
        if (!now.getMetadata().getResourceVersion().equals(changed.getMetadata().getResourceVersion())) {
            throw failed(409);
        }
        updates++;
        put(changed);
    }

    private void put(Secret secret) {
        secrets.put(
                secret.getMetadata().getName(),
                new SecretBuilder(secret)
                        .editMetadata()
                        .withResourceVersion("" + ++version)
                        .endMetadata()
                        .build());
    }

    private void refuse() {
        if (refusal != 0) {
            throw failed(refusal);
        }
    }

    private static KubernetesClientException failed(int code) {
        return new KubernetesClientException("refused", code, null);
    }
}

package io.telepresence.manager.webhook;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.keys.OwnSecret;
import io.telepresence.manager.keys.SecretApi;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** The same in the cluster. */
record ClusterWebhookObjects(KubernetesClient client, SecretApi secrets, InjectorSettings.Hook hook)
        implements WebhookObjects {
    private Resource<MutatingWebhookConfiguration> resource() {
        return client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName(hook.name());
    }

    @Override
    public Optional<Registration> registration() {
        return registration(resource().get());
    }

    /** @param configuration may be null */
    static Optional<Registration> registration(MutatingWebhookConfiguration configuration) {
        if (configuration == null || configuration.getWebhooks().isEmpty()) {
            return Optional.empty();
        }
        WebhookClientConfig call = configuration.getWebhooks().getFirst().getClientConfig();
        if (call == null || call.getCaBundle() == null || call.getService() == null) {
            return Optional.empty();
        }
        String path = call.getService().getPath();
        return Optional.of(new Registration(Base64.getDecoder().decode(call.getCaBundle()), path == null ? "/" : path));
    }

    @Override
    public Map<String, byte[]> rendered() {
        return hook.secret().isEmpty()
                ? Map.of()
                : secrets.get(hook.secret()).map(OwnSecret::entries).orElse(Map.of());
    }

    @Override
    public AutoCloseable watch(Runnable changed, Runnable over) {
        return resource().watch(new Watcher<>() {
            @Override
            public void eventReceived(Action action, MutatingWebhookConfiguration configuration) {
                changed.run();
            }

            @Override
            public void onClose(WatcherException cause) {
                over.run();
            }

            @Override
            public void onClose() {
                over.run();
            }
        });
    }
}

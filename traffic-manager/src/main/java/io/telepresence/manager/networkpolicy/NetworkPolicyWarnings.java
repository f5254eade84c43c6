package io.telepresence.manager.networkpolicy;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.inject.NamespaceMetadata;
import io.telepresence.manager.inject.SidecarInjector;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What the network policies of a namespace do to pods that get an agent. */
public final class NetworkPolicyWarnings {
    private NetworkPolicyWarnings() {}

    /** What is to be said before agents of that look come to a workload; nothing where none come. */
    public static InjectionWarnings of(InjectorSettings settings, KubernetesClient client) {
        if (!settings.enabled()) {
            return InjectionWarnings.NONE;
        }
        NamespaceMetadata namespaces = new NamespaceMetadata(client);
        Function<String, List<NetworkPolicy>> policies = namespace -> NetworkPolicies.in(client, namespace);
        return new IngressWarnings(new SidecarInjector(settings.sidecar()), policies)
                .and(new EgressWarnings(policies, namespace -> namespaces
                        .of(namespace)
                        .map(ObjectMeta::getLabels)
                        .orElse(Map.of())));
    }
}

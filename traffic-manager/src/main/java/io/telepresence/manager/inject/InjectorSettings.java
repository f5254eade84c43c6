package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.watch.ApiServerVersion;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the injector and the sidecars that it makes follow.
 *
 * @param enabled false: there is no webhook, and no pod gets an agent
 * @param whenEnabled pods get an agent only if they are annotated for it
 */
public record InjectorSettings(boolean enabled, boolean whenEnabled, Scope scope, Sidecar sidecar, Hook hook) {
    /**
     * Which pods are the injector's business.
     *
     * @param namespaces the managed ones; empty: all
     * @param kinds of workloads that are enabled
     */
    public record Scope(String managerNamespace, List<String> namespaces, Set<String> kinds) {
        public boolean manages(String namespace) {
            return namespaces.isEmpty() || namespaces.contains(namespace);
        }
    }

    /**
     * How the agent's containers look.
     *
     * @param securityContext null: like the first container of the application
     */
    public record Sidecar(
            Image image,
            ResourceRequirements resources,
            SecurityContext securityContext,
            Init init,
            SidecarForms forms) {}

    public record Image(String name, String pullPolicy, List<LocalObjectReference> pullSecrets) {}

    /** @param securityContext null: root with NET_ADMIN and NET_RAW and nothing else */
    public record Init(
            boolean enabled, ResourceRequirements resources, SecurityContext securityContext, NamedPorts named) {
        /** Named ports need none. */
        Init(boolean enabled, ResourceRequirements resources, SecurityContext securityContext) {
            this(enabled, resources, securityContext, NamedPorts.RENAMED);
        }

        /** The same, where named ports are renamed everywhere. */
        Init renaming() {
            return new Init(enabled, resources, securityContext);
        }
    }

    /**
     * Where the API server calls.
     *
     * @param name of the MutatingWebhookConfiguration
     * @param service name of the webhook's Service
     * @param secret name of the chart's Secret with the webhook's certificate; empty: not known
     * @param path what the secret part of the path follows
     * @param within how long a call may take, less than the API server waits
     */
    public record Hook(String name, String service, String secret, int port, String path, Duration within) {}

    /**
     * The same, now that the API server's age is known; empty where it is not.
     *
     * @throws FaultException it is too old for the form that is wanted of agents
     */
    public InjectorSettings on(Optional<ApiServerVersion> server) throws FaultException {
        Sidecar look = new Sidecar(
                sidecar.image(),
                sidecar.resources(),
                sidecar.securityContext(),
                sidecar.init(),
                sidecar.forms().on(server));
        return new InjectorSettings(enabled, whenEnabled, scope, look, hook);
    }

    /** The same, now that namespaces can be looked at. */
    public InjectorSettings in(KubernetesClient client) {
        NamespaceMetadata namespaces = new NamespaceMetadata(client);
        Init init = sidecar.init();
        Sidecar look = new Sidecar(
                sidecar.image(),
                sidecar.resources(),
                sidecar.securityContext(),
                new Init(
                        init.enabled(),
                        init.resources(),
                        init.securityContext(),
                        new NamedPorts(init.named().enabled(), namespaces::of)),
                sidecar.forms());
        return new InjectorSettings(enabled, whenEnabled, scope, look, hook);
    }
}

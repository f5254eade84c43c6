package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.agree.AgentNames;
import io.telepresence.agree.Ports;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.watch.ApiServerVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The injector's settings, from the environment variables that the chart sets.
 *
 * <ul>
 *   <li>{@code INJECTOR_ENABLED} true or false; {@code INJECT_POLICY} OnDemand or WhenEnabled.
 *   <li>{@code POD_NAMESPACE}, {@code MANAGED_NAMESPACES}, {@code WORKLOAD_KINDS}: lists by spaces or commas.
 *   <li>{@code AGENT_IMAGE}, {@code AGENT_IMAGE_PULL_POLICY}, {@code AGENT_IMAGE_PULL_SECRETS} (names).
 *   <li>{@code AGENT_RESOURCES}, {@code AGENT_INIT_RESOURCES}, {@code AGENT_SECURITY_CONTEXT}, {@code
 *       AGENT_INIT_SECURITY_CONTEXT}: Kubernetes objects as JSON.
 *   <li>{@code AGENT_INIT_CONTAINER_ENABLED}, {@code AGENT_REDIRECT_NAMED_PORTS} true or false.
 *   <li>{@code AGENT_SIDECAR} auto, native or container.
 *   <li>{@code WEBHOOK_NAME}, {@code WEBHOOK_PORT}, {@code WEBHOOK_PATH}, {@code WEBHOOK_TLS_DIR} (tls.crt,
 *       tls.key and path in it), {@code WEBHOOK_TIMEOUT} (seconds).
 * </ul>
 */
public record InjectorSettings(boolean enabled, boolean whenEnabled, Scope scope, Sidecar sidecar, Hook hook) {
    private static final String SIDECAR = "AGENT_SIDECAR";

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
     * @param path what the secret part of the path follows
     * @param tlsDirectory holds that part, too
     * @param within how long a call may take, less than the API server waits
     */
    public record Hook(String name, int port, String path, Path tlsDirectory, Duration within) {}

    /** @throws FaultException a variable cannot be read; names it */
    public static InjectorSettings from(Map<String, String> environment) throws FaultException {
        Reader env = new Reader(environment, new KubernetesSerialization());
        String namespace = env.text("POD_NAMESPACE", AgentNames.MANAGER_NAMESPACE);
        return new InjectorSettings(
                env.flag("INJECTOR_ENABLED"),
                env.text("INJECT_POLICY", "OnDemand").equalsIgnoreCase("WhenEnabled"),
                new Scope(namespace, env.list("MANAGED_NAMESPACES"), env.kinds()),
                sidecar(env),
                new Hook(
                        env.text("WEBHOOK_NAME", "agent-injector-webhook-" + namespace),
                        Integer.parseInt(env.text("WEBHOOK_PORT", Integer.toString(Ports.WEBHOOK))),
                        env.text("WEBHOOK_PATH", "/traffic-agent"),
                        Path.of(env.text("WEBHOOK_TLS_DIR", "/var/run/secrets/tls")),
                        // A fifth of the time is the way's.
                        Duration.ofMillis(800L * Integer.parseInt(env.text("WEBHOOK_TIMEOUT", "5")))));
    }

    private static Sidecar sidecar(Reader env) throws FaultException {
        return new Sidecar(
                new Image(
                        env.text("AGENT_IMAGE", ""),
                        env.text("AGENT_IMAGE_PULL_POLICY", "IfNotPresent"),
                        env.list("AGENT_IMAGE_PULL_SECRETS").stream()
                                .map(LocalObjectReference::new)
                                .toList()),
                env.json("AGENT_RESOURCES", ResourceRequirements.class),
                env.json("AGENT_SECURITY_CONTEXT", SecurityContext.class),
                new Init(
                        env.flag("AGENT_INIT_CONTAINER_ENABLED"),
                        env.json("AGENT_INIT_RESOURCES", ResourceRequirements.class),
                        env.json("AGENT_INIT_SECURITY_CONTEXT", SecurityContext.class),
                        new NamedPorts(env.flag("AGENT_REDIRECT_NAMED_PORTS"), _ -> Optional.empty())),
                new SidecarForms(env.sidecar(), Optional.empty()));
    }

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

    private record Reader(Map<String, String> environment, KubernetesSerialization json) {
        String text(String name, String otherwise) {
            String value = environment.getOrDefault(name, "").strip();
            return value.isEmpty() ? otherwise : value;
        }

        boolean flag(String name) {
            return text(name, "true").equalsIgnoreCase("true");
        }

        List<String> list(String name) {
            return Arrays.stream(text(name, "").split("[\\s,]+"))
                    .filter(s -> !s.isEmpty())
                    .toList();
        }

        Set<String> kinds() {
            List<String> given = list("WORKLOAD_KINDS");
            return given.isEmpty() ? Workloads.USUAL : Set.copyOf(given);
        }

        SidecarForms.Setting sidecar() throws FaultException {
            String value = text(SIDECAR, "auto");
            for (SidecarForms.Setting setting : SidecarForms.Setting.values()) {
                if (setting.name().equalsIgnoreCase(value)) {
                    return setting;
                }
            }
            throw Fault.config(
                            "the environment variable " + SIDECAR + " is \"" + value
                                    + "\"; values are auto, native, container",
                            "It is the Helm value agent.sidecar")
                    .exception();
        }

        /** Null where the variable is not set or is the empty object. */
        <T> T json(String name, Class<T> type) throws FaultException {
            String value = text(name, "{}");
            if (value.equals("{}") || value.equals("null")) {
                return null;
            }
            try {
                return json.unmarshal(value, type);
            } catch (RuntimeException e) {
                throw new FaultException(
                        Fault.config("the environment variable " + name + " is not a " + type.getSimpleName(), ""), e);
            }
        }
    }
}

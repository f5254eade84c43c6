package io.telepresence.manager.config;

import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.telepresence.agree.AgentNames;
import io.telepresence.agree.Ports;
import io.telepresence.base.Cidr;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.inject.InjectorSettings;
import io.telepresence.manager.inject.NamedPorts;
import io.telepresence.manager.inject.SidecarForms;
import io.telepresence.manager.network.ClusterNetwork;
import io.telepresence.manager.network.PodResolvConf;
import io.telepresence.manager.network.ReachPolicy;
import io.telepresence.manager.policy.EngagementPolicy;
import io.telepresence.manager.rights.RequiredGrant;
import io.telepresence.manager.sidecar.SidecarConfigs;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All settings of the manager and of the uninstall job, read once at the start. The chart renders subtrees of the Helm
 * values into one JSON object, {@value #FILE} in ConfigMap {@code traffic-manager}, which is mounted at {@link
 * #DIRECTORY}; their names, meanings and defaults are those of {@code values.yaml}. A key that is missing or null has its
 * default. An unknown key, a wrong type and a value out of range are refused.
 *
 * <p>What only the downward API knows comes from the environment: {@code POD_NAME}, {@code POD_UID}, {@code POD_IP}, {@code HOST_IP},
 * {@code POD_NAMESPACE} (default: ambassador).
 *
 * @param clientConfig the Helm value {@code client} as YAML; read at each request, and may be missing
 * @param logLevel of the manager's own log, upper case
 * @param apiPort where agents arrive: the port of the manager's Service and of this process
 * @param reach what clients get to although it is forbidden otherwise
 */
public record ManagerSettings(
        Pod pod,
        Path clientConfig,
        String logLevel,
        int apiPort,
        PodCidrs podCidrs,
        List<Cidr> reach,
        Agent agent,
        Rules rules,
        InjectorSettings injector) {
    /** Where the ConfigMap is mounted. */
    public static final Path DIRECTORY = Path.of("/etc/traffic-manager");

    static final String FILE = "settings.json";

    /** Bytes; a ConfigMap has no more. */
    static final int MOST_BYTES = 1 << 20;

    private static final String PORT = "a port from 1 to 65535";

    /** This pod. */
    public record Pod(String name, String uid, String ip, String hostIp, String namespace) {
        /** Whether its loopback is the node's: everything on the node is a client then. */
        public boolean onNode() {
            return !ip.isEmpty() && ip.equals(hostIp);
        }
    }

    /** @param strategy one of auto, nodePodCIDRs, coverPodIPs, environment (then {@code cidrs}) */
    public record PodCidrs(String strategy, List<Cidr> cidrs) {}

    /**
     * What agents are told, and how long they come and stay.
     *
     * @param port the first one; one more for each further container port
     * @param logLevel upper case
     * @param arrival how long an agent may take to arrive
     * @param maxIdle agents that nobody has used for so long go; zero: never
     */
    public record Agent(int port, String logLevel, Duration arrival, Duration maxIdle, SidecarConfigs.Shown shown) {}

    /**
     * Among users.
     *
     * @param allowGlobal somebody may take all traffic of a port
     * @param inactiveBlock an engagement whose owner is idle for longer gives way; zero: never
     * @param policies what is forbidden for some workloads
     * @param events engagements are told by events of their workloads, too
     */
    public record Rules(
            boolean allowGlobal,
            Duration inactiveBlock,
            RequiredGrant requiredGrant,
            List<EngagementPolicy> policies,
            boolean events) {}

    /** The same, now that more is known of how pods get an agent. */
    public ManagerSettings with(InjectorSettings known) {
        return new ManagerSettings(pod, clientConfig, logLevel, apiPort, podCidrs, reach, agent, rules, known);
    }

    /** What the view of the cluster's network needs; the rest is in the pod. */
    public ClusterNetwork.Settings network(PodResolvConf dns) {
        return new ClusterNetwork.Settings(
                pod.namespace(),
                scope().namespaces(),
                podCidrs.strategy(),
                podCidrs.cidrs(),
                injector.hook().service(),
                dns);
    }

    /**
     * Where clients get.
     *
     * @param own addresses of the manager's pod
     * @param apiServer addresses of the API server's Service
     */
    public ReachPolicy.Settings reachPolicy(List<InetAddress> own, List<InetAddress> apiServer) {
        List<String> services = List.of(AgentNames.MANAGER_APP, injector.hook().service());
        return new ReachPolicy.Settings(
                reach,
                scope().namespaces(),
                new ReachPolicy.Own(pod.namespace(), pod.name(), services),
                own,
                apiServer);
    }

    /** Namespaces and workloads that this manager manages. */
    public InjectorSettings.Scope scope() {
        return injector.scope();
    }

    /**
     * Reads {@value #FILE} in that directory.
     *
     * @throws FaultException it is missing or longer than 1 MiB, or something in it is wrong; names each fault
     */
    public static ManagerSettings read(Path directory, Map<String, String> environment) throws FaultException {
        Path file = directory.resolve(FILE);
        byte[] json;
        try (InputStream in = Files.newInputStream(file)) {
            json = in.readNBytes(MOST_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw Fault.config(
                            "the traffic-manager's settings are missing: there is no file " + file,
                            "Install it with its Helm chart, which mounts them from ConfigMap traffic-manager")
                    .exception(e);
        } catch (IOException e) {
            throw Fault.config("cannot read the traffic-manager's settings in " + file, "")
                    .exception(e);
        }
        if (json.length > MOST_BYTES) {
            throw Fault.config("the traffic-manager's settings in " + file + " are longer than 1 MiB", "")
                    .exception();
        }
        return parse(new String(json, StandardCharsets.UTF_8), directory, environment);
    }

    /**
     * As {@link #read}, of text.
     *
     * @throws FaultException something in it is wrong; names each fault
     */
    public static ManagerSettings of(String json, Map<String, String> environment) throws FaultException {
        return parse(json, DIRECTORY, environment);
    }

    private static ManagerSettings parse(String json, Path directory, Map<String, String> environment)
            throws FaultException {
        SettingsObject root = SettingsObject.parse(json);
        Pod pod = pod(environment);
        String level = root.level("logLevel", "INFO");
        SettingsObject agent = root.object("agent");
        SettingsObject intercept = root.object("intercept");
        SettingsObject injector = root.object("agentInjector");
        SettingsObject webhook = injector.object("webhook");
        ManagerSettings settings = new ManagerSettings(
                pod,
                directory.resolve("client.yaml"),
                level,
                root.number("apiPort", Ports.AGENT_API, 1, 65535, PORT),
                podCidrs(root),
                cidrs(root.object("reach"), "allow"),
                agent(root, agent, intercept, level),
                new Rules(
                        intercept.flag("allowGlobalIntercepts"),
                        intercept.duration("inactiveBlockTimeout", Duration.ofMinutes(10)),
                        requiredGrant(root.object("security").object("authorization")),
                        PolicySettings.of(root),
                        root.object("audit").flag("events")),
                new InjectorSettings(
                        injector.flag("enabled"),
                        injector.oneOf("injectPolicy", "OnDemand", "WhenEnabled")
                                .equals("WhenEnabled"),
                        new InjectorSettings.Scope(
                                pod.namespace(), root.texts("namespaces"), kinds(root.object("workloads"))),
                        sidecar(agent),
                        hook(injector, webhook, pod, environment.getOrDefault("WEBHOOK_SECRET", ""))));
        root.finish();
        return settings;
    }

    private static RequiredGrant requiredGrant(SettingsObject authorization) {
        String grant = authorization.oneOf("requiredGrant", "exec", "telepresence", "any", "portforward");
        return RequiredGrant.valueOf(grant.toUpperCase(Locale.ROOT));
    }

    private static Pod pod(Map<String, String> environment) {
        String namespace = environment.getOrDefault("POD_NAMESPACE", "").strip();
        return new Pod(
                environment.getOrDefault("POD_NAME", "").strip(),
                environment.getOrDefault("POD_UID", "").strip(),
                environment.getOrDefault("POD_IP", "").strip(),
                environment.getOrDefault("HOST_IP", "").strip(),
                namespace.isEmpty() ? AgentNames.MANAGER_NAMESPACE : namespace);
    }

    private static PodCidrs podCidrs(SettingsObject root) {
        return new PodCidrs(
                root.oneOf("podCIDRStrategy", "auto", "nodePodCIDRs", "coverPodIPs", "environment"),
                cidrs(root, "podCIDRs"));
    }

    private static List<Cidr> cidrs(SettingsObject object, String key) {
        List<Cidr> cidrs = new ArrayList<>();
        for (String cidr : object.texts(key)) {
            try {
                cidrs.add(Cidr.parseSubnet(cidr));
            } catch (IllegalArgumentException e) {
                object.fault(key, '"' + cidr + '"', "subnets such as 10.1.0.0/16");
            }
        }
        return List.copyOf(cidrs);
    }

    private static Set<String> kinds(SettingsObject workloads) {
        Set<String> kinds = new LinkedHashSet<>();
        if (workloads.object("deployments").flag("enabled")) {
            kinds.add(Workloads.DEPLOYMENT);
        }
        if (workloads.object("replicaSets").flag("enabled")) {
            kinds.add(Workloads.REPLICA_SET);
        }
        if (workloads.object("statefulSets").flag("enabled")) {
            kinds.add(Workloads.STATEFUL_SET);
        }
        if (workloads.object("jobs").flag("enabled", false)) {
            kinds.add(Workloads.JOB);
            kinds.add(Workloads.CRON_JOB);
        }
        if (kinds.isEmpty()) {
            workloads.fault("at least one kind must be enabled");
        }
        return Set.copyOf(kinds);
    }

    private static Agent agent(SettingsObject root, SettingsObject agent, SettingsObject intercept, String level) {
        return new Agent(
                agent.number("port", Ports.FIRST_AGENT_PORT, 1, 65535, PORT),
                agent.level("logLevel", level),
                root.object("timeouts").duration("agentArrival", Duration.ofSeconds(30)),
                agent.duration("maxIdleTime", Duration.ZERO),
                new SidecarConfigs.Shown(
                        agent.mountPolicies("mountPolicies"),
                        intercept.object("environment").texts("excluded"),
                        root.object("telepresenceAPI")
                                .number("port", 0, 0, 65535, "a port from 1 to 65535, or 0 for none")));
    }

    private static InjectorSettings.Sidecar sidecar(SettingsObject agent) {
        SettingsObject image = agent.object("image");
        SettingsObject init = agent.object("initContainer");
        return new InjectorSettings.Sidecar(
                new InjectorSettings.Image(
                        image.text("reference", ""),
                        image.oneOf("pullPolicy", "IfNotPresent", "Always", "Never"),
                        image.objects("pullSecrets").stream()
                                .map(secret -> new LocalObjectReference(secret.text("name", "")))
                                .toList()),
                agent.resources("resources"),
                agent.securityContext("securityContext"),
                new InjectorSettings.Init(
                        init.flag("enabled"),
                        agent.resources("initResources"),
                        agent.securityContext("initSecurityContext"),
                        new NamedPorts(init.flag("namedPorts"), _ -> Optional.empty())),
                new SidecarForms(
                        SidecarForms.Setting.valueOf(agent.oneOf("sidecar", "auto", "native", "container")
                                .toUpperCase(Locale.ROOT)),
                        Optional.empty()));
    }

    private static InjectorSettings.Hook hook(SettingsObject injector, SettingsObject webhook, Pod pod, String secret) {
        String path = webhook.text("servicePath", "/traffic-agent");
        if (!path.startsWith("/")) {
            webhook.fault("servicePath", '"' + path + '"', "a path that starts with a slash");
        }
        int timeout = webhook.number("timeoutSeconds", 5, 1, 30, "a number of seconds from 1 to 30");
        return new InjectorSettings.Hook(
                webhook.text("name", "agent-injector-webhook-" + pod.namespace()),
                injector.text("name", "agent-injector"),
                secret,
                webhook.number("port", Ports.WEBHOOK, 1, 65535, PORT),
                path,
                // A fifth of the time is the way's.
                Duration.ofMillis(800L * timeout));
    }

    /** Problems that do not keep the manager from starting, one sentence each. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (injector.sidecar().image().name().isEmpty()) {
            warnings.add("agent.image is not set: no agent can be injected");
        }
        if (pod.name().isEmpty()) {
            warnings.add("POD_NAME is not set: the manager does not know which pod is its own");
        }
        return warnings;
    }
}

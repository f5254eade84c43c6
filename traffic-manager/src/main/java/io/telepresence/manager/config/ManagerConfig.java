package io.telepresence.manager.config;

import io.telepresence.agree.AgentNames;
import io.telepresence.agree.Ports;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.sidecar.MountPolicies;
import io.telepresence.manager.sidecar.SidecarConfigs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The manager's settings, from environment variables; the chart sets them. An empty variable counts as not set.
 *
 * <ul>
 *   <li>{@code POD_NAME}, {@code POD_IP}, {@code HOST_IP}, {@code POD_NAMESPACE}: downward API; the namespace defaults to ambassador.
 *   <li>{@code MANAGED_NAMESPACES}: names separated by spaces or commas; empty: all namespaces.
 *   <li>{@code AGENT_IMAGE}: full reference of the image that is injected.
 *   <li>{@code AGENT_PORT}: first port of an agent, default 9900 ({@code agent.port}).
 *   <li>{@code AGENT_LOG_LEVEL}, {@code LOG_LEVEL}: error, warn, info, debug or trace; default info.
 *   <li>{@code AGENT_ARRIVAL_TIMEOUT}: Go duration such as 30s, default 30s ({@code timeouts.agentArrival}).
 *   <li>{@code AGENT_MAX_IDLE_TIME}: agents that nobody has used for so long go, default 0s: never ({@code
 *       agent.maxIdleTime}).
 *   <li>{@code AGENT_MOUNT_POLICIES}: JSON object ({@code agent.mountPolicies}); {@code ENVIRONMENT_EXCLUDED}: names
 *       separated by spaces or commas ({@code intercept.environment.excluded}); {@code REST_API_PORT}: 0, the default,
 *       is none ({@code telepresenceAPI.port}).
 *   <li>{@code ALLOW_GLOBAL_INTERCEPTS}: true (default) or false ({@code intercept.allowGlobalIntercepts}).
 *   <li>{@code INACTIVE_BLOCK_TIMEOUT}: an engagement whose owner is idle for longer gives way, default 10m, 0s: never
 *       ({@code intercept.inactiveBlockTimeout}).
 *   <li>{@code POD_CIDR_STRATEGY}: auto, nodePodCIDRs, coverPodIPs or environment; {@code POD_CIDRS}: for the last.
 *   <li>{@code WORKLOAD_KINDS}: of Deployment, ReplicaSet, StatefulSet, Job, CronJob; empty: the first three.
 *   <li>{@code CLIENT_CONFIG_FILE}: a mounted file with the Helm value {@code client} as YAML; read at every request.
 *   <li>{@code RESOLV_CONF}: where the cluster's DNS is read from, default /etc/resolv.conf.
 *   <li>{@code INJECT_POLICY}: OnDemand (default) or WhenEnabled ({@code agentInjector.injectPolicy}).
 *   <li>{@code INJECTOR_ENABLED}: true (default) or false ({@code agentInjector.enabled}).
 *   <li>{@code INJECTOR_SERVICE}: name of the webhook's Service, default agent-injector.
 *   <li>{@code SERVICE_NAME}: name of the manager's own Service, default traffic-manager; agents dial it at
 *       {@code API_PORT}, default 8081, which is also where this process listens for agents.
 * </ul>
 */
public record ManagerConfig(
        Pod pod,
        List<String> namespaces,
        Agent agent,
        Logs logs,
        PodCidrs podCidrs,
        Injector injector,
        Service service,
        Rules rules,
        SidecarConfigs.Shown shown) {
    /** This pod. */
    public record Pod(String name, String ip, String hostIp, String namespace) {
        /** Whether its loopback is the node's: everything on the node is a client then. */
        public boolean onNode() {
            return !ip.isEmpty() && ip.equals(hostIp);
        }
    }

    /**
     * Agents to be.
     *
     * @param kinds the enabled workload kinds
     * @param arrival how long an agent may take to arrive
     */
    public record Agent(String image, int port, String logLevel, Duration arrival, Set<String> kinds) {}

    /**
     * @param level of the manager's own log, upper case
     * @param clientConfig may be null
     * @param resolvConf what the kubelet wrote for this pod
     */
    public record Logs(String level, Path clientConfig, Path resolvConf) {}

    /** @param strategy one of auto, nodePodCIDRs, coverPodIPs, environment */
    public record PodCidrs(String strategy, List<String> cidrs) {}

    /** @param whenEnabled pods get an agent only if they are annotated for it */
    public record Injector(boolean enabled, boolean whenEnabled, String service) {}

    /**
     * Among users.
     *
     * @param allowGlobal somebody may take all traffic of a port
     * @param inactiveBlock who is idle for longer gives way; zero: never
     * @param maxIdle agents that nobody has used for so long go; zero: never
     */
    public record Rules(boolean allowGlobal, Duration inactiveBlock, Duration maxIdle) {}

    /** The manager's Service, where agents arrive. */
    public record Service(String name, int port) {}

    /** @throws FaultException a variable cannot be read; names it */
    public static ManagerConfig from(Map<String, String> environment) throws FaultException {
        Reader env = new Reader(environment);
        return new ManagerConfig(
                new Pod(env.text("POD_NAME", ""), env.text("POD_IP", ""), env.text("HOST_IP", ""), namespace(env)),
                env.list("MANAGED_NAMESPACES"),
                new Agent(
                        env.text("AGENT_IMAGE", ""),
                        env.port("AGENT_PORT", Ports.FIRST_AGENT_PORT),
                        env.level("AGENT_LOG_LEVEL"),
                        env.duration("AGENT_ARRIVAL_TIMEOUT", Duration.ofSeconds(30)),
                        kinds(env)),
                new Logs(
                        env.level("LOG_LEVEL"),
                        env.path("CLIENT_CONFIG_FILE"),
                        Path.of(env.text("RESOLV_CONF", "/etc/resolv.conf"))),
                new PodCidrs(
                        env.oneOf("POD_CIDR_STRATEGY", "auto", "nodePodCIDRs", "coverPodIPs", "environment"),
                        env.list("POD_CIDRS")),
                new Injector(
                        env.oneOf("INJECTOR_ENABLED", "true", "false").equals("true"),
                        env.oneOf("INJECT_POLICY", "OnDemand", "WhenEnabled").equals("WhenEnabled"),
                        env.text("INJECTOR_SERVICE", "agent-injector")),
                new Service(env.text("SERVICE_NAME", AgentNames.MANAGER_APP), env.port("API_PORT", Ports.AGENT_API)),
                new Rules(
                        env.oneOf("ALLOW_GLOBAL_INTERCEPTS", "true", "false").equals("true"),
                        env.duration("INACTIVE_BLOCK_TIMEOUT", Duration.ofMinutes(10)),
                        env.duration("AGENT_MAX_IDLE_TIME", Duration.ZERO)),
                new SidecarConfigs.Shown(
                        MountPolicies.parse(env.text("AGENT_MOUNT_POLICIES", ""), "the value agent.mountPolicies"),
                        env.list("ENVIRONMENT_EXCLUDED"),
                        env.text("REST_API_PORT", "0").equals("0") ? 0 : env.port("REST_API_PORT", 1)));
    }

    private static String namespace(Reader env) {
        return env.text("POD_NAMESPACE", AgentNames.MANAGER_NAMESPACE);
    }

    private static Set<String> kinds(Reader env) throws FaultException {
        List<String> given = env.list("WORKLOAD_KINDS");
        for (String kind : given) {
            if (!Workloads.ALL.contains(kind)) {
                throw env.bad(
                        "WORKLOAD_KINDS",
                        kind,
                        "kinds are "
                                + String.join(
                                        ", ", Workloads.ALL.stream().sorted().toList()));
            }
        }
        return given.isEmpty() ? Workloads.USUAL : Set.copyOf(given);
    }

    private record Reader(Map<String, String> environment) {
        private static final Pattern GO_DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|s|m|h)");
        private static final Map<String, Integer> MILLIS = Map.of("ms", 1, "s", 1000, "m", 60_000, "h", 3_600_000);

        String text(String name, String otherwise) {
            String value = environment.getOrDefault(name, "").strip();
            return value.isEmpty() ? otherwise : value;
        }

        List<String> list(String name) {
            return Arrays.stream(text(name, "").split("[\\s,]+"))
                    .filter(s -> !s.isEmpty())
                    .toList();
        }

        Path path(String name) {
            String value = text(name, "");
            return value.isEmpty() ? null : Path.of(value);
        }

        String oneOf(String name, String... allowed) throws FaultException {
            String value = text(name, allowed[0]);
            for (String one : allowed) {
                if (one.equalsIgnoreCase(value)) {
                    return one;
                }
            }
            throw bad(name, value, "values are " + String.join(", ", allowed));
        }

        String level(String name) throws FaultException {
            String value = text(name, "info");
            String level = value.equalsIgnoreCase("warning") ? "warn" : value;
            return oneOfUpper(name, level, List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE"));
        }

        private String oneOfUpper(String name, String value, List<String> allowed) throws FaultException {
            String upper = value.toUpperCase(Locale.ROOT);
            if (!allowed.contains(upper)) {
                throw bad(name, value, "values are " + String.join(", ", allowed));
            }
            return upper;
        }

        int port(String name, int otherwise) throws FaultException {
            String value = text(name, Integer.toString(otherwise));
            try {
                int port = Integer.parseInt(value);
                if (port > 0 && port < 65536) {
                    return port;
                }
            } catch (NumberFormatException e) {
                // falls through to the same answer as a number out of range
            }
            throw bad(name, value, "it is a port number");
        }

        Duration duration(String name, Duration otherwise) throws FaultException {
            String value = text(name, "");
            if (value.isEmpty()) {
                return otherwise;
            }
            if (value.equals("0")) {
                return Duration.ZERO;
            }
            Matcher parts = GO_DURATION.matcher(value);
            Duration sum = Duration.ZERO;
            int end = 0;
            while (parts.lookingAt()) {
                sum = sum.plusMillis(Math.round(Double.parseDouble(parts.group(1)) * MILLIS.get(parts.group(2))));
                end = parts.end();
                parts.region(end, value.length());
            }
            if (end < value.length()) {
                throw bad(name, value, "it is a duration such as 30s or 1m30s");
            }
            return sum;
        }

        FaultException bad(String name, String value, String rule) {
            return Fault.config("the environment variable " + name + " is \"" + value + "\"; " + rule, "")
                    .exception();
        }
    }

    /** Problems that do not keep the manager from starting, one sentence each. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (agent.image().isEmpty()) {
            warnings.add("AGENT_IMAGE is not set: no agent can be injected");
        }
        if (pod.name().isEmpty()) {
            warnings.add("POD_NAME is not set: the manager's own pod cannot be told apart");
        }
        return warnings;
    }
}

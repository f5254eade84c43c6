package io.telepresence.userd.config;

import io.telepresence.agree.Routing;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Everything that can be configured on the laptop, with its defaults.
 *
 * @param routing its subnets are checked
 */
public record ClientConfig(
        Cluster cluster,
        Dns dns,
        Routing routing,
        Timeouts timeouts,
        LogLevels logLevels,
        Images images,
        Docker docker,
        Helm helm,
        Intercept intercept,
        Api api) {

    public record Cluster(String defaultManagerNamespace, List<String> mappedNamespaces) {}

    public record Dns(
            List<String> localAddresses,
            List<String> includeSuffixes,
            List<String> excludeSuffixes,
            List<String> excludes,
            List<Mapping> mappings,
            Duration lookupTimeout) {}

    public record Mapping(String name, String aliasFor) {}

    public record Timeouts(
            Duration clusterConnect,
            Duration managerConnect,
            Duration managerApi,
            Duration intercept,
            Duration endpointDial,
            Duration connectivityCheck,
            Duration helm) {}

    public record LogLevels(String userDaemon, String rootDaemon, String cli) {}

    /**
     * @param agentImage empty: what the manager says
     * @param clientImage of {@code connect --docker}; empty: the one that belongs to this version
     */
    public record Images(String registry, String agentImage, String clientImage) {}

    /**
     * For {@code connect --docker}.
     *
     * @param addHostGateway whether containers know the machine as {@code hostGateway}
     * @param hostGateway by which name containers reach the machine
     * @param ipv6 whether the network of a connection has IPv6
     */
    public record Docker(boolean addHostGateway, String hostGateway, boolean ipv6) {}

    /** @param chartUrl empty: only the chart that is built in */
    public record Helm(String chartUrl) {}

    /** @param mountsRoot where mount points are made; empty: the directory for temporary files */
    public record Intercept(String mountsRoot) {}

    /** @param port of the REST API on the laptop; zero: none */
    public record Api(int port) {}

    public static final ClientConfig DEFAULT = of();

    /** The merged configuration; later layers are stronger. */
    public static ClientConfig of(ConfigLayer... layers) {
        ConfigLayer all = ConfigLayer.EMPTY;
        for (ConfigLayer layer : layers) {
            all = all.under(layer);
        }
        Map<Key, Object> v = all.values();
        return new ClientConfig(
                new Cluster(get(v, Key.MANAGER_NAMESPACE, ""), get(v, Key.MAPPED_NAMESPACES, List.of())),
                new Dns(
                        get(v, Key.DNS_LOCAL, List.of()),
                        get(v, Key.DNS_INCLUDE_SUFFIXES, List.of()),
                        get(v, Key.DNS_EXCLUDE_SUFFIXES, List.of(".arpa", ".com", ".io", ".net", ".org", ".ru")),
                        get(v, Key.DNS_EXCLUDES, List.of()),
                        get(v, Key.DNS_MAPPINGS, List.of()),
                        get(v, Key.DNS_TIMEOUT, Duration.ofSeconds(4))),
                Routing.of(rule -> get(v, Key.of(rule), List.of())),
                timeouts(v),
                new LogLevels(
                        get(v, Key.LEVEL_USER, "INFO"), get(v, Key.LEVEL_ROOT, "INFO"), get(v, Key.LEVEL_CLI, "INFO")),
                new Images(get(v, Key.REGISTRY, ""), get(v, Key.AGENT_IMAGE, ""), get(v, Key.CLIENT_IMAGE, "")),
                new Docker(
                        get(v, Key.DOCKER_ADD_HOST_GATEWAY, true),
                        get(v, Key.DOCKER_HOST_GATEWAY, "host.docker.internal"),
                        get(v, Key.DOCKER_IPV6, true)),
                new Helm(get(v, Key.CHART_URL, "")),
                new Intercept(get(v, Key.MOUNTS_ROOT, "")),
                new Api(get(v, Key.API_PORT, 0)));
    }

    private static Timeouts timeouts(Map<Key, Object> v) {
        Duration check = get(v, Key.CONNECTIVITY_CHECK, Duration.ofMillis(500));
        return new Timeouts(
                get(v, Key.CLUSTER_CONNECT, Duration.ofSeconds(20)),
                get(v, Key.MANAGER_CONNECT, Duration.ofSeconds(60)),
                get(v, Key.MANAGER_API, Duration.ofSeconds(15)),
                get(v, Key.INTERCEPT, Duration.ofSeconds(30)),
                get(v, Key.ENDPOINT_DIAL, Duration.ofSeconds(3)),
                check.compareTo(Duration.ofSeconds(5)) > 0 ? Duration.ofSeconds(5) : check,
                get(v, Key.HELM, Duration.ofSeconds(30)));
    }

    @SuppressWarnings("unchecked")
    private static <T> T get(Map<Key, Object> values, Key key, T otherwise) {
        return (T) values.getOrDefault(key, otherwise);
    }
}

package io.telepresence.userd.config;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Every key that a configuration may have: where it stands and how its value is read. */
enum Key {
    MANAGER_NAMESPACE("cluster.defaultManagerNamespace", Values::string),
    MAPPED_NAMESPACES("cluster.mappedNamespaces", Values::strings),
    DNS_LOCAL("dns.localAddresses", Values::strings, "dns.localIP", "dns.local-ip"),
    DNS_EXCLUDE_SUFFIXES("dns.excludeSuffixes", Values::strings, "dns.exclude-suffixes"),
    DNS_INCLUDE_SUFFIXES("dns.includeSuffixes", Values::strings, "dns.include-suffixes"),
    DNS_EXCLUDES("dns.excludes", Values::strings),
    DNS_MAPPINGS("dns.mappings", Values::mappings),
    DNS_TIMEOUT("dns.lookupTimeout", Values::duration, "dns.lookup-timeout"),
    ALSO_PROXY("routing.alsoProxySubnets", Values::subnets, "routing.alsoProxy", "also-proxy"),
    NEVER_PROXY("routing.neverProxySubnets", Values::subnets, "routing.neverProxy", "never-proxy"),
    ALLOW_CONFLICTING("routing.allowConflictingSubnets", Values::subnets, "allow-conflicting-subnets"),
    LEVEL_USER("logLevels.userDaemon", Values::level),
    LEVEL_ROOT("logLevels.rootDaemon", Values::level),
    LEVEL_CLI("logLevels.cli", Values::level),
    CLUSTER_CONNECT("timeouts.clusterConnect", Values::duration),
    MANAGER_CONNECT("timeouts.trafficManagerConnect", Values::duration),
    MANAGER_API("timeouts.trafficManagerAPI", Values::duration),
    INTERCEPT("timeouts.intercept", Values::duration),
    ENDPOINT_DIAL("timeouts.endpointDial", Values::duration),
    CONNECTIVITY_CHECK("timeouts.connectivityCheck", Values::duration),
    HELM("timeouts.helm", Values::duration),
    CHART_URL("helm.chartURL", Values::string),
    REGISTRY("images.registry", Values::string),
    AGENT_IMAGE("images.agentImage", Values::string),
    CLIENT_IMAGE("images.clientImage", Values::string),
    DOCKER_ADD_HOST_GATEWAY("docker.addHostGateway", Values::flag),
    DOCKER_HOST_GATEWAY("docker.hostGateway", Values::string),
    DOCKER_IPV6("docker.enableIPv6", Values::flag),
    MOUNTS_ROOT("intercept.mountsRoot", Values::string),
    API_PORT("telepresenceAPI.port", Values::port);

    private static final Map<String, Key> BY_PATH = byPath();
    static final List<String> SECTIONS = Arrays.stream(values())
            .map(k -> k.path.substring(0, k.path.indexOf('.')))
            .distinct()
            .collect(Collectors.toUnmodifiableList());

    private final String path;
    private final Function<Object, Object> read;
    private final List<String> otherPaths;

    Key(String path, Function<Object, Object> read, String... otherPaths) {
        this.path = path;
        this.read = read;
        this.otherPaths = List.of(otherPaths);
    }

    String path() {
        return path;
    }

    /** @throws IllegalArgumentException whose message says what is expected instead */
    Object read(Object value) {
        return read.apply(value);
    }

    static Optional<Key> at(String path) {
        return Optional.ofNullable(BY_PATH.get(path));
    }

    private static Map<String, Key> byPath() {
        Map<String, Key> all = new LinkedHashMap<>();
        for (Key key : values()) {
            all.put(key.path, key);
            key.otherPaths.forEach(p -> all.put(p, key));
        }
        return Map.copyOf(all);
    }
}

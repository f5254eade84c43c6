package io.telepresence.userd.config;

import io.telepresence.agree.Routing;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every key that a configuration may have: where it stands and how its value is read. */
final class Key {
    private static final List<Key> ALL = new ArrayList<>();

    static final Key MANAGER_NAMESPACE = key("cluster.defaultManagerNamespace", Values::string);
    static final Key MAPPED_NAMESPACES = key("cluster.mappedNamespaces", Values::strings);
    static final Key DNS_LOCAL = key("dns.localAddresses", Values::strings, "dns.localIP", "dns.local-ip");
    static final Key DNS_EXCLUDE_SUFFIXES = key("dns.excludeSuffixes", Values::strings, "dns.exclude-suffixes");
    static final Key DNS_INCLUDE_SUFFIXES = key("dns.includeSuffixes", Values::strings, "dns.include-suffixes");
    static final Key DNS_EXCLUDES = key("dns.excludes", Values::strings);
    static final Key DNS_MAPPINGS = key("dns.mappings", Values::mappings);
    static final Key DNS_TIMEOUT = key("dns.lookupTimeout", Values::duration, "dns.lookup-timeout");
    static final Key LEVEL_USER = key("logLevels.userDaemon", Values::level);
    static final Key LEVEL_ROOT = key("logLevels.rootDaemon", Values::level);
    static final Key LEVEL_CLI = key("logLevels.cli", Values::level);
    static final Key CLUSTER_CONNECT = key("timeouts.clusterConnect", Values::duration);
    static final Key MANAGER_CONNECT = key("timeouts.trafficManagerConnect", Values::duration);
    static final Key MANAGER_API = key("timeouts.trafficManagerAPI", Values::duration);
    static final Key INTERCEPT = key("timeouts.intercept", Values::duration);
    static final Key ENDPOINT_DIAL = key("timeouts.endpointDial", Values::duration);
    static final Key CONNECTIVITY_CHECK = key("timeouts.connectivityCheck", Values::duration);
    static final Key HELM = key("timeouts.helm", Values::duration);
    static final Key CHART_URL = key("helm.chartURL", Values::string);
    static final Key REGISTRY = key("images.registry", Values::string);
    static final Key AGENT_IMAGE = key("images.agentImage", Values::string);
    static final Key CLIENT_IMAGE = key("images.clientImage", Values::string);
    static final Key DOCKER_ADD_HOST_GATEWAY = key("docker.addHostGateway", Values::flag);
    static final Key DOCKER_HOST_GATEWAY = key("docker.hostGateway", Values::string);
    static final Key DOCKER_IPV6 = key("docker.enableIPv6", Values::flag);
    static final Key MOUNTS_ROOT = key("intercept.mountsRoot", Values::string);
    static final Key API_PORT = key("telepresenceAPI.port", Values::port);

    private static final Map<Routing.Rule, Key> RULES = rules();
    private static final Map<String, Key> BY_PATH = byPath();
    static final List<String> SECTIONS = ALL.stream()
            .map(k -> k.path.substring(0, k.path.indexOf('.')))
            .distinct()
            .collect(Collectors.toUnmodifiableList());

    private final String path;
    private final Function<Object, Object> read;
    private final List<String> otherPaths;

    private Key(String path, Function<Object, Object> read, String... otherPaths) {
        this.path = path;
        this.read = read;
        this.otherPaths = List.of(otherPaths);
    }

    private static Key key(String path, Function<Object, Object> read, String... otherPaths) {
        Key key = new Key(path, read, otherPaths);
        ALL.add(key);
        return key;
    }

    /** A rule's key is also what the flag is called, at the top of a kubeconfig's extension. */
    private static Map<Routing.Rule, Key> rules() {
        Map<Routing.Rule, Key> rules = new EnumMap<>(Routing.Rule.class);
        for (Routing.Rule rule : Routing.Rule.values()) {
            String[] otherPaths = Stream.concat(
                            rule.formerConfigKeys().stream().map(Key::inRouting), Stream.of(rule.flag()))
                    .toArray(String[]::new);
            rules.put(rule, key(inRouting(rule.configKey()), Values::subnets, otherPaths));
        }
        return rules;
    }

    private static String inRouting(String name) {
        return "routing." + name;
    }

    static Key of(Routing.Rule rule) {
        return RULES.get(rule);
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
        for (Key key : ALL) {
            all.put(key.path, key);
            key.otherPaths.forEach(p -> all.put(p, key));
        }
        return Map.copyOf(all);
    }
}

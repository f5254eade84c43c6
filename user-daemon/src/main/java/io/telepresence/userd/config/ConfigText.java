package io.telepresence.userd.config;

import io.telepresence.agree.Routing;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/** A configuration as YAML, in the shape that {@link ConfigLayer} reads. */
public final class ConfigText {
    private ConfigText() {}

    /** The whole answer of {@code config view}. */
    public static Map<String, Object> view(
            ClientConfig config, String file, String managerNamespace, String logDirectory) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("clientConfig", tree(config));
        all.put("clientFile", file);
        all.put("dns", dns(config.dns()));
        all.put("routing", routing(config.routing()));
        all.put("managerNamespace", managerNamespace);
        all.put("logDirectory", logDirectory);
        return all;
    }

    /** The same tree as one line of JSON. */
    public static String json(Map<String, Object> tree) {
        return new com.google.gson.Gson().toJson(tree);
    }

    /** Any tree of maps, lists and scalars as YAML in block style. */
    public static String yaml(Map<String, Object> tree) {
        DumpSettings block = DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setDereferenceAliases(true)
                .build();
        return new Dump(block).dumpToString(tree);
    }

    private static Map<String, Object> tree(ClientConfig config) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put(
                "cluster",
                ordered(
                        "defaultManagerNamespace", config.cluster().defaultManagerNamespace(),
                        "mappedNamespaces", config.cluster().mappedNamespaces()));
        all.put("dns", dns(config.dns()));
        all.put("routing", routing(config.routing()));
        ClientConfig.Timeouts t = config.timeouts();
        all.put(
                "timeouts",
                ordered(
                        "clusterConnect", text(t.clusterConnect()),
                        "trafficManagerConnect", text(t.managerConnect()),
                        "trafficManagerAPI", text(t.managerApi()),
                        "intercept", text(t.intercept()),
                        "endpointDial", text(t.endpointDial()),
                        "connectivityCheck", text(t.connectivityCheck()),
                        "helm", text(t.helm())));
        ClientConfig.LogLevels levels = config.logLevels();
        all.put(
                "logLevels",
                ordered("userDaemon", levels.userDaemon(), "rootDaemon", levels.rootDaemon(), "cli", levels.cli()));
        all.put(
                "images",
                ordered(
                        "registry",
                        config.images().registry(),
                        "agentImage",
                        config.images().agentImage(),
                        "clientImage",
                        config.images().clientImage()));
        all.put(
                "docker",
                ordered(
                        "addHostGateway", config.docker().addHostGateway(),
                        "hostGateway", config.docker().hostGateway(),
                        "enableIPv6", config.docker().ipv6()));
        all.put("helm", ordered("chartURL", config.helm().chartUrl()));
        all.put("intercept", ordered("mountsRoot", config.intercept().mountsRoot()));
        all.put("telepresenceAPI", ordered("port", config.api().port()));
        return all;
    }

    private static Map<String, Object> dns(ClientConfig.Dns dns) {
        List<Map<String, Object>> mappings = dns.mappings().stream()
                .map(m -> ordered("name", m.name(), "aliasFor", m.aliasFor()))
                .toList();
        return ordered(
                "localAddresses", dns.localAddresses(),
                "includeSuffixes", dns.includeSuffixes(),
                "excludeSuffixes", dns.excludeSuffixes(),
                "excludes", dns.excludes(),
                "mappings", mappings,
                "lookupTimeout", text(dns.lookupTimeout()));
    }

    private static Map<String, Object> routing(Routing routing) {
        Map<String, Object> map = new LinkedHashMap<>();
        routing.lists().forEach((rule, subnets) -> map.put(rule.configKey(), subnets));
        return map;
    }

    /** Leaves out what is empty. */
    private static Map<String, Object> ordered(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            Object value = namesAndValues[i + 1];
            if (!value.equals("") && !value.equals(List.of())) {
                map.put((String) namesAndValues[i], value);
            }
        }
        return map;
    }

    private static String text(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }
}

package io.telepresence.cli.engage;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.env.EnvBytes;
import io.telepresence.engagement.TrafficCount;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** An engagement as the object of structured output, with the documented keys; members that are empty are left out. */
public final class EngagementTree {
    private EngagementTree() {}

    static Map<String, Object> of(ClientEngagement engagement) {
        return engagement.kind().hasPorts() ? traffic(engagement) : ingest(engagement);
    }

    private static Map<String, Object> ingest(ClientEngagement engagement) {
        Map<String, Object> tree = new LinkedHashMap<>();
        put(tree, "id", engagement.id());
        put(tree, "workload", engagement.target().workload());
        put(tree, "workload_kind", engagement.target().workloadKind());
        put(tree, "container", engagement.target().container());
        put(tree, "pod_ip", engagement.target().podIp());
        put(tree, "environment", environment(engagement));
        put(tree, "mount", mount(engagement.mount()));
        return tree;
    }

    private static Map<String, Object> traffic(ClientEngagement engagement) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("id", engagement.id());
        tree.put("name", engagement.name());
        tree.put("kind", engagement.kind().name().toLowerCase(Locale.ROOT));
        tree.put("disposition", engagement.state().state().text());
        put(tree, "message", engagement.state().message());
        tree.put("workload_kind", engagement.target().workloadKind());
        put(tree, "container", engagement.target().container());
        tree.put("target_host", engagement.target().host());
        tree.put("target_port", EngagementText.localPort(engagement));
        if (!engagement.ports().isEmpty()) {
            ClientEngagement.Port first = engagement.ports().getFirst();
            put(tree, "port_id", identifier(first));
            tree.put("container_port", first.container());
        }
        put(tree, "environment", environment(engagement));
        put(tree, "mount", mount(engagement.mount()));
        tree.put("filter_desc", EngagementText.filter(engagement));
        put(tree, "metadata", engagement.requests().metadata());
        put(tree, "http_filter", engagement.requests().filters());
        tree.put("global", engagement.requests().filters().isEmpty());
        put(tree, "pod_ip", engagement.target().podIp());
        engagement.copies().ifPresent(c -> tree.put("count", copies(c)));
        if (engagement.ports().size() > 1) {
            tree.put(
                    "ports",
                    engagement.ports().stream().map(EngagementTree::port).toList());
        }
        return tree;
    }

    private static Map<String, String> environment(ClientEngagement engagement) {
        Map<String, String> tree = new LinkedHashMap<>();
        engagement.environment().forEach((name, value) -> tree.put(name, EnvBytes.shown(value)));
        return tree;
    }

    private static Map<String, Object> mount(ClientEngagement.Mount mount) {
        Map<String, Object> tree = new LinkedHashMap<>();
        put(tree, "local_dir", mount.localDir());
        put(tree, "remote_dir", mount.remoteDir());
        put(tree, "error", mount.error());
        put(tree, "pod_ip", mount.podIp());
        if (mount.port() > 0) {
            tree.put("port", mount.port());
        }
        put(tree, "mounts", mount.paths());
        return tree;
    }

    private static Map<String, Object> copies(TrafficCount copies) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("delivered", copies.delivered());
        tree.put("dropped", copies.dropped());
        tree.put("failed_open", copies.failedOpen());
        return tree;
    }

    private static Map<String, Object> port(ClientEngagement.Port port) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("target_port", port.local());
        put(tree, "port_id", identifier(port));
        tree.put("container_port", port.container());
        tree.put("protocol", port.protocol());
        return tree;
    }

    private static String identifier(ClientEngagement.Port port) {
        if (!port.servicePortName().isEmpty()) {
            return port.servicePortName();
        }
        return port.servicePort() > 0 ? Integer.toString(port.servicePort()) : "";
    }

    public static void put(Map<String, Object> tree, String key, Object value) {
        boolean empty =
                switch (value) {
                    case String s -> s.isEmpty();
                    case Collection<?> c -> c.isEmpty();
                    case Map<?, ?> m -> m.isEmpty();
                    default -> false;
                };
        if (!empty) {
            tree.put(key, value);
        }
    }
}

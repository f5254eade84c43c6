package io.telepresence.cli.connect;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.engage.EngagementWords;
import io.telepresence.engagement.EngagementKind;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The object of {@code status --output json}, with the documented keys; members that are empty are left out. */
final class StatusTree {
    private StatusTree() {}

    static Map<String, Object> of(Optional<DaemonStatus> status, Optional<DaemonStatus.Root> root) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("user_daemon", status.map(StatusTree::user).orElseGet(LinkedHashMap::new));
        tree.put("root_daemon", root.map(StatusTree::root).orElseGet(LinkedHashMap::new));
        Map<String, Object> manager =
                status.flatMap(DaemonStatus::manager).map(StatusTree::manager).orElseGet(LinkedHashMap::new);
        tree.put("traffic_manager", manager);
        return tree;
    }

    /** Of a connection in a container. */
    static Map<String, Object> of(ContainerDaemon connection, DaemonStatus status) {
        Map<String, Object> daemon = user(status);
        daemon.put("in_docker", true);
        daemon.put("name", connection.name());
        put(daemon, "container", connection.container());
        put(daemon, "container_network", "container:" + connection.container());
        put(
                daemon,
                "hostname",
                status.docker().map(DaemonStatus.Docker::hostname).orElse(""));
        put(daemon, "exposedPorts", connection.exposed());
        if (connection.endpoint().port() != 0) {
            daemon.put("daemon_port", connection.endpoint().port());
        }
        status.root().map(StatusTree::root).ifPresent(root -> {
            root.keySet().removeAll(List.of("running", "name", "version"));
            daemon.putAll(root);
        });
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("daemon", daemon);
        tree.put("traffic_manager", status.manager().map(StatusTree::manager).orElseGet(LinkedHashMap::new));
        return tree;
    }

    /** Of several. */
    static Map<String, Object> of(List<Map<String, Object>> connections) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("connections", connections);
        return tree;
    }

    private static Map<String, Object> user(DaemonStatus status) {
        DaemonStatus.Cluster cluster = status.connection().cluster();
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("running", true);
        tree.put("in_docker", false);
        put(tree, "name", status.connection().name());
        put(tree, "version", status.program().version());
        put(tree, "executable", status.program().executable());
        put(tree, "install_id", status.program().installId());
        put(tree, "status", status.connection().status());
        put(tree, "error", status.connection().error());
        put(tree, "kubernetes_server", cluster.server());
        put(tree, "kubernetes_context", cluster.context());
        put(tree, "namespace", cluster.namespace());
        put(tree, "manager_namespace", cluster.managerNamespace());
        put(tree, "mapped_namespaces", cluster.mappedNamespaces());
        put(tree, "cluster_user", cluster.user());
        for (EngagementKind kind : EngagementKind.values()) {
            put(tree, EngagementWords.key(kind), engagements(status, kind));
        }
        put(tree, "troubles", status.troubles());
        return tree;
    }

    private static List<Map<String, Object>> engagements(DaemonStatus status, EngagementKind kind) {
        return status.engagements().stream()
                .filter(e -> e.kind() == kind)
                .map(StatusTree::engagement)
                .toList();
    }

    private static Map<String, Object> engagement(ClientEngagement engagement) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", engagement.name());
        tree.put("client", engagement.client());
        put(tree, "mount_point", engagement.mount().localDir());
        put(tree, "error", engagement.warning());
        return tree;
    }

    private static Map<String, Object> root(DaemonStatus.Root root) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("running", true);
        tree.put("name", "Root Daemon");
        put(tree, "version", root.version());
        root.dns().ifPresent(dns -> tree.put("dns", dns(dns)));
        put(tree, "subnets", root.subnets().mapped());
        root.subnets().routing().lists().forEach((rule, subnets) -> tree.put(rule.statusKey(), subnets));
        put(tree, "warnings", root.warnings());
        return tree;
    }

    private static Map<String, Object> dns(DaemonStatus.Dns dns) {
        Map<String, Object> tree = new LinkedHashMap<>();
        put(tree, "error", dns.error());
        put(tree, "local_ip", dns.localAddress());
        put(tree, "remote_ip", dns.remoteIp());
        put(tree, "include_suffixes", dns.suffixes().include());
        put(tree, "exclude_suffixes", dns.suffixes().exclude());
        put(tree, "excludes", dns.suffixes().excludedNames());
        put(
                tree,
                "mappings",
                dns.mappings().entrySet().stream().map(StatusTree::mapping).toList());
        put(tree, "lookup_timeout", TimeUnit.MILLISECONDS.toNanos(dns.timeoutMillis()));
        return tree;
    }

    private static Map<String, Object> mapping(Map.Entry<String, String> mapping) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", mapping.getKey());
        tree.put("aliasFor", mapping.getValue());
        return tree;
    }

    private static Map<String, Object> manager(DaemonStatus.Manager manager) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", "Traffic Manager");
        put(tree, "version", manager.version());
        put(tree, "traffic_agent", manager.agentImage());
        return tree;
    }

    private static void put(Map<String, Object> tree, String key, Object value) {
        boolean empty = value instanceof String s && s.isEmpty() || value instanceof Collection<?> c && c.isEmpty();
        if (!empty) {
            tree.put(key, value);
        }
    }
}

package io.telepresence.cli.connect;

import io.telepresence.agree.Routing;
import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.engage.EngagementWords;
import io.telepresence.cli.output.KeyValues;
import io.telepresence.engagement.EngagementKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The three blocks of {@code status}; of a daemon in a container the first two are one. */
final class StatusText {
    /** Told also when there is none, as Telepresence does. */
    private static final Set<EngagementKind> SHOWN_IF_NONE = Set.of(EngagementKind.INTERCEPT);

    private static final String INDENT = "  ";

    private StatusText() {}

    static List<String> lines(Optional<DaemonStatus> status, Optional<DaemonStatus.Root> root) {
        List<String> lines = new ArrayList<>();
        if (status.isPresent()) {
            lines.add("User Daemon: Running");
            lines.addAll(user(status.get()).lines());
        } else {
            lines.add("User Daemon: Not running");
        }
        if (root.isPresent()) {
            lines.add("Root Daemon: Running");
            lines.addAll(root(root.get()));
        } else {
            lines.add("Root Daemon: Not running");
        }
        lines.addAll(manager(status));
        return lines;
    }

    /** Of a connection in a container. */
    static List<String> lines(ContainerDaemon connection, DaemonStatus status) {
        List<String> lines = new ArrayList<>();
        lines.add("Daemon " + connection.name() + ": Running");
        KeyValues block = user(status)
                .addIfSet(
                        "Hostname",
                        status.docker().map(DaemonStatus.Docker::hostname).orElse(""))
                .addIfSet("Exposed ports", bracketed(connection.exposed()))
                .add("Container", connection.container());
        status.root().ifPresent(root -> network(block, root));
        lines.addAll(block.lines());
        lines.addAll(manager(Optional.of(status)));
        return lines;
    }

    private static List<String> manager(Optional<DaemonStatus> status) {
        List<String> lines = new ArrayList<>();
        Optional<DaemonStatus.Manager> manager = status.flatMap(DaemonStatus::manager);
        if (manager.isPresent()) {
            lines.add("Traffic Manager: Connected");
            lines.addAll(new KeyValues(INDENT)
                    .add("Version", manager.get().version())
                    .addIfSet("Traffic Agent", manager.get().agentImage())
                    .lines());
        } else {
            lines.add("Traffic Manager: Not connected");
        }
        return lines;
    }

    /** A root daemon of which only the version is known. */
    static DaemonStatus.Root bareRoot(String version) {
        return new DaemonStatus.Root(
                version, Optional.empty(), new DaemonStatus.Subnets(List.of(), Routing.NONE, List.of()), List.of());
    }

    private static KeyValues user(DaemonStatus status) {
        DaemonStatus.Cluster cluster = status.connection().cluster();
        KeyValues block = new KeyValues(INDENT)
                .add("Version", status.program().version())
                .add("Executable", status.program().executable())
                .add("Install ID", status.program().installId())
                .add("Status", status.connection().status())
                .addIfSet("Error", status.connection().error());
        if (status.connected()) {
            block.add("Kubernetes server", cluster.server())
                    .add("Kubernetes context", cluster.context())
                    .add("Namespace", cluster.namespace())
                    .add("Manager namespace", cluster.managerNamespace())
                    .addIfSet("Mapped namespaces", bracketed(cluster.mappedNamespaces()))
                    .addIfSet("Cluster user", cluster.user());
            for (EngagementKind kind : EngagementKind.values()) {
                addEngagements(block, status, kind);
            }
        }
        for (String trouble : status.troubles()) {
            block.add("Trouble", trouble);
        }
        return block;
    }

    private static void addEngagements(KeyValues block, DaemonStatus status, EngagementKind kind) {
        List<ClientEngagement> all =
                status.engagements().stream().filter(e -> e.kind() == kind).toList();
        if (!all.isEmpty() || SHOWN_IF_NONE.contains(kind)) {
            block.add(
                    EngagementWords.title(kind),
                    all.size() + " total",
                    all.stream().map(StatusText::engagement).toList());
        }
    }

    private static String engagement(ClientEngagement engagement) {
        String trouble = engagement.warning();
        String mount = engagement.mount().localDir();
        return INDENT + engagement.name() + ": " + engagement.client()
                + (trouble.isEmpty() ? "" : ", " + trouble)
                + (mount.isEmpty() || !engagement.mount().error().isEmpty() ? "" : ", volumes at " + mount);
    }

    private static List<String> root(DaemonStatus.Root root) {
        KeyValues block = new KeyValues(INDENT).add("Version", root.version());
        network(block, root);
        return block.lines();
    }

    private static void network(KeyValues block, DaemonStatus.Root root) {
        root.dns().ifPresent(dns -> block.add("DNS", "", dns(dns)));
        DaemonStatus.Subnets subnets = root.subnets();
        addList(block, "Subnets", subnets.mapped());
        subnets.routing().lists().forEach((rule, its) -> addList(block, rule.title(), its));
        for (String warning : root.warnings()) {
            block.add("Warning", warning);
        }
    }

    private static List<String> dns(DaemonStatus.Dns dns) {
        KeyValues block = new KeyValues(INDENT)
                .addIfSet("Error", dns.error())
                .addIfSet("Local IP", dns.localAddress())
                .addIfSet("Remote IP", dns.remoteIp())
                .add("Exclude suffixes", "[" + String.join(" ", dns.suffixes().exclude()) + "]")
                .add("Include suffixes", "[" + String.join(" ", dns.suffixes().include()) + "]")
                .addIfSet("Excludes", bracketed(dns.suffixes().excludedNames()))
                .addIfSet(
                        "Mappings",
                        bracketed(dns.mappings().entrySet().stream()
                                .map(m -> m.getKey() + "->" + m.getValue())
                                .toList()));
        return block.add("Timeout", seconds(dns.timeoutMillis())).lines();
    }

    private static void addList(KeyValues block, String key, List<String> values) {
        if (!values.isEmpty()) {
            block.add(
                    key,
                    "(" + values.size() + " subnets)",
                    values.stream().map(v -> INDENT + "- " + v).toList());
        }
    }

    private static String bracketed(List<String> values) {
        return values.isEmpty() ? "" : "[" + String.join(" ", values) + "]";
    }

    /** As Go prints a duration of whole seconds or of milliseconds. */
    static String seconds(long millis) {
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis < 1000 ? millis + "ms" : millis / 1000.0 + "s";
    }
}

package io.telepresence.cli.command;

import io.telepresence.cli.daemon.Engagement;
import io.telepresence.cli.output.KeyValues;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Shows an intercept: as the documented block, and as the documented object. */
final class EngagementText {
    private EngagementText() {}

    /** The indented block; {@code debug} adds what only support wants to know. */
    static List<String> lines(Engagement engagement, boolean debug) {
        boolean several = engagement.ports().size() > 1;
        KeyValues block = new KeyValues(several ? "    " : "  ")
                .add("Intercept name", engagement.name())
                .add("State", engagement.state().text())
                .add("Workload kind", engagement.target().workloadKind());
        if (debug) {
            block.add("ID", engagement.id());
            block.addIfSet("Client", engagement.client());
        }
        if (several) {
            block.add(
                    "Intercepting",
                    engagement.target().podIp() + " -> " + engagement.target().host(),
                    engagement.ports().stream().map(EngagementText::portLine).toList());
        } else {
            block.add("Destination", engagement.target().host() + ":" + localPort(engagement));
            block.add("Intercepting", filter(engagement));
            addressOfServiceless(block, engagement);
        }
        return block.lines();
    }

    /** The object of structured output; members that are empty are left out. */
    static Map<String, Object> tree(Engagement engagement) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("id", engagement.id());
        tree.put("name", engagement.name());
        tree.put("disposition", engagement.state().disposition());
        putIfSet(tree, "message", engagement.state().message());
        tree.put("workload_kind", engagement.target().workloadKind());
        tree.put("target_host", engagement.target().host());
        tree.put("target_port", localPort(engagement));
        if (!engagement.ports().isEmpty()) {
            Engagement.Port first = engagement.ports().getFirst();
            putIfSet(tree, "port_id", identifier(first));
            tree.put("container_port", first.container());
        }
        if (!engagement.environment().isEmpty()) {
            tree.put("environment", engagement.environment());
        }
        tree.put("filter_desc", filter(engagement));
        tree.put("global", true);
        putIfSet(tree, "pod_ip", engagement.target().podIp());
        if (engagement.ports().size() > 1) {
            tree.put(
                    "ports",
                    engagement.ports().stream().map(EngagementText::port).toList());
        }
        return tree;
    }

    private static Map<String, Object> port(Engagement.Port port) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("target_port", port.local());
        putIfSet(tree, "port_id", identifier(port));
        tree.put("container_port", port.container());
        tree.put("protocol", port.protocol());
        return tree;
    }

    private static String portLine(Engagement.Port port) {
        int from = port.servicePort() > 0 ? port.servicePort() : port.container();
        return "    " + from + " -> " + port.local() + " " + port.protocol();
    }

    private static String identifier(Engagement.Port port) {
        if (!port.servicePortName().isEmpty()) {
            return port.servicePortName();
        }
        return port.servicePort() > 0 ? Integer.toString(port.servicePort()) : "";
    }

    private static void addressOfServiceless(KeyValues block, Engagement engagement) {
        if (!engagement.ports().isEmpty()
                && engagement.ports().getFirst().service().isEmpty()
                && !engagement.target().podIp().isEmpty()) {
            block.add(
                    "Address",
                    engagement.target().podIp() + ":"
                            + engagement.ports().getFirst().container());
        }
    }

    private static int localPort(Engagement engagement) {
        return engagement.ports().isEmpty() ? 0 : engagement.ports().getFirst().local();
    }

    private static String filter(Engagement engagement) {
        boolean udp = !engagement.ports().isEmpty()
                && engagement.ports().getFirst().protocol().equals("UDP");
        return udp ? "all UDP packets" : "all TCP connections";
    }

    private static void putIfSet(Map<String, Object> tree, String key, String value) {
        if (!value.isEmpty()) {
            tree.put(key, value);
        }
    }
}

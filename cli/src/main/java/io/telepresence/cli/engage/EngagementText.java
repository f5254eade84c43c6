package io.telepresence.cli.engage;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.output.KeyValues;
import io.telepresence.engagement.TrafficCount;
import java.util.ArrayList;
import java.util.List;

/** Shows an engagement as the documented block. */
public final class EngagementText {
    /** As wide as the longest keys that Telepresence may show in these blocks. */
    private static final int ONE_PORT = "Intercept name".length();

    private static final int SEVERAL_PORTS = "Service Port Identifier".length();

    /** Indents a container whose traffic goes on. */
    private static final String INGESTED = "   ";

    private EngagementText() {}

    /** What is printed when it begins. {@code mountWasNamed}: the user said where the volumes shall be. */
    static List<String> started(ClientEngagement engagement, boolean mountWasNamed) {
        List<String> lines = new ArrayList<>();
        lines.add("Using " + engagement.target().workloadKind() + " "
                + engagement.target().workload());
        if (engagement.kind().namedByContainer()) {
            String indent = engagement.kind().hasPorts() ? "" : INGESTED;
            lines.addAll(container(engagement, indent, false).lines());
        } else {
            lines.add(EngagementWords.of(engagement.kind()).done());
            lines.addAll(traffic(engagement, !mountWasNamed, false).lines());
        }
        return lines;
    }

    /** As a part of {@code list}; {@code debug} adds what only support wants to know. */
    static List<String> lines(ClientEngagement engagement, boolean debug) {
        KeyValues block = engagement.kind().namedByContainer()
                ? container(engagement, engagement.kind().hasPorts() ? "  " : INGESTED, debug)
                : traffic(engagement, true, debug);
        engagement
                .copies()
                .ifPresent(c -> block.add(engagement.kind().copiesTraffic() ? "Copies" : "Delivered", count(c)));
        return block.lines();
    }

    private static KeyValues container(ClientEngagement engagement, String indent, boolean debug) {
        KeyValues block =
                new KeyValues(indent).add("Container name", engagement.target().container());
        if (engagement.kind().replacesContainer() || engagement.state().wrong()) {
            block.add("State", engagement.state().text());
        }
        block.addIfSet("Message", engagement.state().lack());
        block.add("Workload kind", engagement.target().workloadKind());
        addDebug(block, engagement, debug);
        if (!engagement.ports().isEmpty()) {
            addPorts(block, "Port forwards", engagement);
        }
        return volumes(block, engagement, true);
    }

    private static KeyValues traffic(ClientEngagement engagement, boolean mountToo, boolean debug) {
        boolean several = engagement.ports().size() > 1;
        KeyValues block = several ? new KeyValues("    ", SEVERAL_PORTS) : new KeyValues("  ", ONE_PORT);
        block.add(engagement.kind().copiesTraffic() ? "Wiretap name" : "Intercept name", engagement.name())
                .add("State", engagement.state().text())
                .addIfSet("Message", engagement.state().lack())
                .add("Workload kind", engagement.target().workloadKind());
        addDebug(block, engagement, debug);
        if (several) {
            addPorts(block, "Intercepting", engagement);
            block.addIfSet("Filter", engagement.requests().description());
        } else {
            block.add("Destination", engagement.target().host() + ":" + localPort(engagement));
            block.add("Intercepting", filter(engagement));
            addressOfServiceless(block, engagement);
        }
        return volumes(block, engagement, mountToo || several);
    }

    private static void addDebug(KeyValues block, ClientEngagement engagement, boolean debug) {
        if (debug) {
            block.add("ID", engagement.id())
                    .addIfSet("Client", engagement.client())
                    .addIfSet("Mechanism", engagement.requests().mechanism());
            List<String> metadata = engagement.requests().metadata().entrySet().stream()
                    .map(e -> e.getKey() + "=" + e.getValue())
                    .toList();
            block.addIfSet("Metadata", String.join(", ", metadata));
        }
    }

    private static void addPorts(KeyValues block, String key, ClientEngagement engagement) {
        block.add(
                key,
                engagement.target().podIp() + " -> " + engagement.target().host(),
                engagement.ports().stream()
                        .map(p -> "    " + portLine(engagement, p))
                        .toList());
    }

    /** A replace takes the container's ports, whatever services call them. */
    private static String portLine(ClientEngagement engagement, ClientEngagement.Port port) {
        boolean ofService = !engagement.kind().replacesContainer() && port.servicePort() > 0;
        int from = ofService ? port.servicePort() : port.container();
        return from + " -> " + port.local() + " " + port.protocol();
    }

    private static KeyValues volumes(KeyValues block, ClientEngagement engagement, boolean pointToo) {
        ClientEngagement.Mount mount = engagement.mount();
        if (!mount.error().isEmpty()) {
            block.add("Volume Mount Error", mount.error());
        } else if (pointToo) {
            block.addIfSet("Volume Mount Point", mount.localDir());
        }
        return mount.port() > 0 ? block.add("Volume Mount Port", Integer.toString(mount.port())) : block;
    }

    private static void addressOfServiceless(KeyValues block, ClientEngagement engagement) {
        if (!engagement.ports().isEmpty()
                && engagement.ports().getFirst().service().isEmpty()
                && !engagement.target().podIp().isEmpty()) {
            block.add(
                    "Address",
                    engagement.target().podIp() + ":"
                            + engagement.ports().getFirst().container());
        }
    }

    private static String count(TrafficCount copies) {
        String text = Long.toString(copies.delivered());
        if (copies.dropped() > 0) {
            text += ", " + copies.dropped() + " dropped";
        }
        return copies.failedOpen() > 0 ? text + ", " + copies.failedOpen() + " went to the application instead" : text;
    }

    static int localPort(ClientEngagement engagement) {
        return engagement.ports().isEmpty() ? 0 : engagement.ports().getFirst().local();
    }

    public static String filter(ClientEngagement engagement) {
        if (!engagement.requests().description().isEmpty()) {
            return engagement.requests().description();
        }
        boolean udp = !engagement.ports().isEmpty()
                && engagement.ports().getFirst().protocol().equals("UDP");
        return udp ? "all UDP packets" : "all TCP connections";
    }
}

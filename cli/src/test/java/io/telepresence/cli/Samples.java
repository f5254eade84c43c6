package io.telepresence.cli;

import io.telepresence.agree.Routing;
import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.daemon.Explanation;
import io.telepresence.cli.daemon.ListedWorkload;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.TrafficCount;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Answers of a daemon, as they may come. */
final class Samples {
    private Samples() {}

    static ClientEngagement.Port port(String protocol, int local, int container, String name, int service) {
        return new ClientEngagement.Port(protocol, local, container, service == 0 ? "" : "echo", name, service);
    }

    static final ClientEngagement.Mount UNMOUNTED = new ClientEngagement.Mount("", "", "", "", 0, List.of());
    static final ClientEngagement.Requests ALL = new ClientEngagement.Requests("", List.of(), "", Map.of());

    static ClientEngagement intercept(ClientEngagement.Port... ports) {
        return engagement(EngagementKind.INTERCEPT, "echo", UNMOUNTED, ports);
    }

    static ClientEngagement engagement(
            EngagementKind kind, String name, ClientEngagement.Mount mount, ClientEngagement.Port... ports) {
        return engagement(kind, name, mount, ALL, Optional.empty(), ports);
    }

    static ClientEngagement engagement(
            EngagementKind kind,
            String name,
            ClientEngagement.Mount mount,
            ClientEngagement.Requests requests,
            Optional<TrafficCount> copies,
            ClientEngagement.Port... ports) {
        return new ClientEngagement(
                new ClientEngagement.Identity("5e55:" + name, name, kind, "ann@laptop"),
                new ClientEngagement.State(EngagementState.ACTIVE, ""),
                new ClientEngagement.Target("echo", "Deployment", "default", "app", "127.0.0.1", "10.244.0.7"),
                List.of(ports),
                requests,
                new ClientEngagement.Pod(Map.of("GREETING", "hello"), mount),
                copies);
    }

    /** The same with that environment instead. */
    static ClientEngagement with(Map<String, String> environment, ClientEngagement made) {
        return new ClientEngagement(
                made.identity(),
                made.state(),
                made.target(),
                made.ports(),
                made.requests(),
                new ClientEngagement.Pod(environment, made.mount()),
                made.copies());
    }

    static ClientEngagement.Mount mounted(String directory) {
        return new ClientEngagement.Mount(directory, "/tel_app_mounts/app", "", "10.244.0.7", 0, List.of("/data"));
    }

    static ClientEngagement.Mount unmounted(String error) {
        return new ClientEngagement.Mount("", "", error, "", 0, List.of());
    }

    static Explanation explanation() {
        ClientEngagement alice = engagement(EngagementKind.INTERCEPT, "alice", UNMOUNTED);
        ClientEngagement bob = engagement(EngagementKind.INTERCEPT, "bob", UNMOUNTED);
        ClientEngagement tap = engagement(EngagementKind.WIRETAP, "tap", UNMOUNTED);
        return new Explanation(
                new Explanation.Workload("Deployment", "echo", "default", 8080),
                List.of(
                        new Explanation.Rule(alice, true, "header 'X-User: alice'"),
                        new Explanation.Rule(bob, false, "header X-User is 'alice', not 'bob'"),
                        new Explanation.Rule(tap, true, "all TCP connections")),
                "5e55:alice",
                List.of(),
                List.of());
    }

    static ListedWorkload workload(String name, String agent, String reason, ClientEngagement... engagements) {
        return new ListedWorkload(
                "Deployment",
                name,
                "default",
                "u-1",
                agent,
                reason,
                List.of(),
                ListedWorkload.Coverage.NONE,
                List.of(engagements));
    }

    /** The engagement does not reach the second of its pods. */
    static ListedWorkload bypassed(ClientEngagement engagement) {
        ListedWorkload whole = workload("echo", "v0.1.0", "", engagement);
        return new ListedWorkload(
                whole.kind(),
                whole.name(),
                whole.namespace(),
                whole.uid(),
                whole.agentVersion(),
                "",
                List.of("prod: no replace", "web: volumes read-only"),
                new ListedWorkload.Coverage(
                        2, List.of(new ListedWorkload.Bypass("echo-2", "it was created without a traffic-agent")), 1),
                whole.engagements());
    }

    static DaemonStatus reconnecting() {
        DaemonStatus before = connected(List.of());
        DaemonStatus.Connection connection = before.connection();
        return new DaemonStatus(
                before.program(),
                new DaemonStatus.Connection(connection.name(), "Not connected, error", "", connection.cluster()),
                List.of(),
                before.root(),
                Optional.empty(),
                List.of("Not connected, error"),
                before.docker());
    }

    static DaemonStatus notConnected() {
        return new DaemonStatus(
                new DaemonStatus.Program("v0.1.0", "/opt/telepresence/bin/telepresence", "i-1"),
                new DaemonStatus.Connection(
                        "", "Not connected", "", new DaemonStatus.Cluster("", "", "", "", List.of(), "")),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty());
    }

    static final Routing ROUTING = new Routing(Map.of(Routing.Rule.NEVER_PROXY, List.of("192.0.2.0/24")));

    static DaemonStatus connected(List<ClientEngagement> engagements) {
        return connected(engagements, ROUTING);
    }

    static DaemonStatus connected(List<ClientEngagement> engagements, Routing routing) {
        return new DaemonStatus(
                new DaemonStatus.Program("v0.1.0", "/opt/telepresence/bin/telepresence", "i-1"),
                new DaemonStatus.Connection(
                        "dev",
                        "Connected",
                        "",
                        new DaemonStatus.Cluster(
                                "https://192.0.2.1:6443",
                                "dev",
                                "default",
                                "ambassador",
                                List.of("default", "shop"),
                                "ann")),
                List.copyOf(engagements),
                Optional.of(root(routing)),
                Optional.of(new DaemonStatus.Manager("v0.1.0", "localhost/telepresence/traffic-agent:0.1.0")),
                List.of(),
                Optional.empty());
    }

    private static DaemonStatus.Root root(Routing routing) {
        var suffixes = new DaemonStatus.Suffixes(List.of(), List.of(".com", ".io"), List.of());
        return new DaemonStatus.Root(
                "v0.1.0",
                Optional.of(new DaemonStatus.Dns("", "", "10.96.0.10", suffixes, Map.of(), 4000)),
                new DaemonStatus.Subnets(List.of("10.96.0.0/16", "10.244.0.0/24"), routing, List.of()),
                List.of());
    }
}

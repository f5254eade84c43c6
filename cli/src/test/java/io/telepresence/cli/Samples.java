package io.telepresence.cli;

import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.daemon.Engagement;
import io.telepresence.cli.daemon.Explanation;
import io.telepresence.cli.daemon.Workload;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.TrafficCount;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Answers of a daemon, as they may come. */
final class Samples {
    private Samples() {}

    static Engagement.Port port(String protocol, int local, int container, String name, int service) {
        return new Engagement.Port(protocol, local, container, service == 0 ? "" : "echo", name, service);
    }

    static final Engagement.Mount UNMOUNTED = new Engagement.Mount("", "", "", "", 0, List.of());
    static final Engagement.Requests ALL = new Engagement.Requests("", List.of(), "", Map.of());

    static Engagement intercept(Engagement.Port... ports) {
        return engagement(EngagementKind.INTERCEPT, "echo", UNMOUNTED, ports);
    }

    static Engagement engagement(EngagementKind kind, String name, Engagement.Mount mount, Engagement.Port... ports) {
        return engagement(kind, name, mount, ALL, Optional.empty(), ports);
    }

    static Engagement engagement(
            EngagementKind kind,
            String name,
            Engagement.Mount mount,
            Engagement.Requests requests,
            Optional<TrafficCount> copies,
            Engagement.Port... ports) {
        return new Engagement(
                new Engagement.Identity("5e55:" + name, name, kind, "ann@laptop"),
                new Engagement.State(EngagementState.ACTIVE, ""),
                new Engagement.Target("echo", "Deployment", "default", "app", "127.0.0.1", "10.244.0.7"),
                List.of(ports),
                requests,
                new Engagement.Pod(Map.of("GREETING", "hello"), mount),
                copies);
    }

    /** The same with that environment instead. */
    static Engagement with(Map<String, String> environment, Engagement made) {
        return new Engagement(
                made.identity(),
                made.state(),
                made.target(),
                made.ports(),
                made.requests(),
                new Engagement.Pod(environment, made.mount()),
                made.copies());
    }

    static Engagement.Mount mounted(String directory) {
        return new Engagement.Mount(directory, "/tel_app_mounts/app", "", "10.244.0.7", 0, List.of("/data"));
    }

    static Engagement.Mount unmounted(String error) {
        return new Engagement.Mount("", "", error, "", 0, List.of());
    }

    static Explanation explanation() {
        Engagement alice = engagement(EngagementKind.INTERCEPT, "alice", UNMOUNTED);
        Engagement bob = engagement(EngagementKind.INTERCEPT, "bob", UNMOUNTED);
        Engagement tap = engagement(EngagementKind.WIRETAP, "tap", UNMOUNTED);
        return new Explanation(
                new Explanation.Workload("Deployment", "echo", "default", 8080),
                List.of(
                        new Explanation.Rule(alice, true, "header 'X-User: alice'"),
                        new Explanation.Rule(bob, false, "header X-User is 'alice', not 'bob'"),
                        new Explanation.Rule(tap, true, "all TCP connections")),
                "5e55:alice",
                List.of());
    }

    static Workload workload(String name, String agent, String reason, Engagement... engagements) {
        return new Workload(
                "Deployment", name, "default", "u-1", agent, reason, Workload.Coverage.NONE, List.of(engagements));
    }

    /** The engagement does not reach the second of its pods. */
    static Workload bypassed(Engagement engagement) {
        Workload whole = workload("echo", "v0.1.0", "", engagement);
        return new Workload(
                whole.kind(),
                whole.name(),
                whole.namespace(),
                whole.uid(),
                whole.agentVersion(),
                "",
                new Workload.Coverage(2, List.of(new Workload.Bypass("echo-2", "it was made without a traffic-agent"))),
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
                        "", "Not connected", "", new DaemonStatus.Cluster("", "", "", "", List.of())),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty());
    }

    static DaemonStatus connected(List<Engagement> engagements) {
        return new DaemonStatus(
                new DaemonStatus.Program("v0.1.0", "/opt/telepresence/bin/telepresence", "i-1"),
                new DaemonStatus.Connection(
                        "dev",
                        "Connected",
                        "",
                        new DaemonStatus.Cluster(
                                "https://192.0.2.1:6443", "dev", "default", "ambassador", List.of("default", "shop"))),
                List.copyOf(engagements),
                Optional.of(root()),
                Optional.of(new DaemonStatus.Manager("v0.1.0", "localhost/telepresence/traffic-agent:0.1.0")),
                List.of(),
                Optional.empty());
    }

    private static DaemonStatus.Root root() {
        var suffixes = new DaemonStatus.Suffixes(List.of(), List.of(".com", ".io"), List.of());
        return new DaemonStatus.Root(
                "v0.1.0",
                Optional.of(new DaemonStatus.Dns("", "", "10.96.0.10", suffixes, List.of(), 4000)),
                new DaemonStatus.Subnets(
                        List.of("10.96.0.0/16", "10.244.0.0/24"),
                        List.of(),
                        List.of("192.0.2.0/24"),
                        List.of(),
                        List.of()),
                List.of());
    }
}

package io.telepresence.cli;

import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.daemon.Engagement;
import io.telepresence.cli.daemon.Workload;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Answers of a daemon, as they may come. */
final class Samples {
    private Samples() {}

    static Engagement.Port port(String protocol, int local, int container, String name, int service) {
        return new Engagement.Port(protocol, local, container, service == 0 ? "" : "echo", name, service);
    }

    static Engagement intercept(Engagement.Port... ports) {
        return new Engagement(
                "5e55:echo",
                "echo",
                "ann@laptop",
                new Engagement.State("ACTIVE", ""),
                new Engagement.Target("echo", "Deployment", "default", "127.0.0.1", "10.244.0.7"),
                List.of(ports),
                Map.of("GREETING", "hello"));
    }

    static Workload workload(String name, String agent, String reason, Engagement... engagements) {
        return new Workload("Deployment", name, "default", "u-1", agent, reason, List.of(engagements));
    }

    static DaemonStatus notConnected() {
        return new DaemonStatus(
                new DaemonStatus.Program("v0.1.0", "/opt/telepresence/bin/telepresence", "i-1"),
                new DaemonStatus.Connection(
                        "", "Not connected", "", new DaemonStatus.Cluster("", "", "", "", List.of())),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                List.of());
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
                List.of());
    }

    private static DaemonStatus.Root root() {
        var suffixes = new DaemonStatus.Suffixes(List.of(), List.of(".com", ".io"), List.of());
        return new DaemonStatus.Root(
                "v0.1.0",
                Optional.of(new DaemonStatus.Dns("", "", "10.96.0.10", suffixes, List.of(), 4000)),
                new DaemonStatus.Subnets(
                        List.of("10.96.0.0/16", "10.244.0.0/24"), List.of(), List.of("192.0.2.0/24"), List.of()),
                List.of());
    }
}

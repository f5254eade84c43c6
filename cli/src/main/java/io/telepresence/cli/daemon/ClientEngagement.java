package io.telepresence.cli.daemon;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.TrafficCount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An intercept, replace, wiretap or ingest as the daemon tells of it.
 *
 * @param pod what of the pod is here
 * @param copies only where something is counted
 */
public record ClientEngagement(
        Identity identity,
        State state,
        Target target,
        List<Port> ports,
        Requests requests,
        Pod pod,
        Optional<TrafficCount> copies) {
    /**
     * Which one it is.
     *
     * @param id ends with a colon and the name; opaque
     * @param client user@host of the owner
     */
    public record Identity(String id, String name, EngagementKind kind, String client) {}

    /** @param message why it does not work, or what is missing although it does */
    public record State(EngagementState state, String message) {
        public boolean wrong() {
            return state.isOver() || state == EngagementState.UNKNOWN;
        }

        /** What is missing although it works; empty: nothing. */
        public String lack() {
            return state == EngagementState.ACTIVE ? message : "";
        }

        public String text() {
            return wrong() ? "error: " + state.text() + (message.isEmpty() ? "" : ": " + message) : state.text();
        }
    }

    /** What is engaged, and where on the laptop its traffic goes. */
    public record Target(
            String workload, String workloadKind, String namespace, String container, String host, String podIp) {}

    /**
     * One port.
     *
     * @param service name of the service; empty where the workload has none
     * @param protocol TCP or UDP
     */
    public record Port(
            String protocol, int local, int container, String service, String servicePortName, int servicePort) {}

    /**
     * Which requests it takes.
     *
     * @param description for example {@code HTTP requests with path-prefix /api}; empty: everything
     * @param filters each condition by itself
     */
    public record Requests(String description, List<String> filters, String mechanism, Map<String, String> metadata) {}

    /**
     * The container's environment and volumes.
     *
     * @param environment values as {@link io.telepresence.cli.env.EnvBytes} writes bytes
     */
    public record Pod(Map<String, String> environment, Mount mount) {}

    /**
     * The container's volumes on this machine.
     *
     * @param localDir empty: they are nowhere
     * @param error why they are not mounted; empty: they are, or nobody asked
     * @param port where SFTP is served; zero: nowhere
     * @param paths mount paths in the container
     */
    public record Mount(String localDir, String remoteDir, String error, String podIp, int port, List<String> paths) {}

    /** As its handler sees it, which is a container in the cluster's network: all happens at its own loopback. */
    public ClientEngagement inContainer() {
        Target there = new Target(
                target.workload(),
                target.workloadKind(),
                target.namespace(),
                target.container(),
                "127.0.0.1",
                target.podIp().isEmpty() ? "" : "127.0.0.1");
        return new ClientEngagement(identity, state, there, ports, requests, pod, copies).withoutMount();
    }

    /** Without where its volumes are: that is another container's business. */
    public ClientEngagement withoutMount() {
        Mount none = new Mount("", "", "", pod.mount().podIp(), 0, pod.mount().paths());
        return new ClientEngagement(identity, state, target, ports, requests, new Pod(pod.environment(), none), copies);
    }

    /** With another environment. */
    public ClientEngagement with(Map<String, String> environment) {
        return new ClientEngagement(
                identity, state, target, ports, requests, new Pod(environment, pod.mount()), copies);
    }

    /** What is wrong with it, in one line; empty: nothing. */
    public String warning() {
        if (state.wrong()) {
            return state.text();
        }
        List<String> missing = new ArrayList<>();
        if (!state.lack().isEmpty()) {
            missing.add(state.lack());
        }
        if (!mount().error().isEmpty()) {
            missing.add("volumes are not mounted: " + mount().error());
        }
        return String.join("; ", missing);
    }

    public String id() {
        return identity.id();
    }

    public String name() {
        return identity.name();
    }

    public EngagementKind kind() {
        return identity.kind();
    }

    public String client() {
        return identity.client();
    }

    public Map<String, String> environment() {
        return pod.environment();
    }

    public Mount mount() {
        return pod.mount();
    }
}

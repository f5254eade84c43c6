package io.telepresence.cli.daemon;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HttpFilter;
import java.util.List;
import java.util.Map;

/**
 * What {@code intercept}, {@code replace}, {@code wiretap} and {@code ingest} ask for.
 *
 * @param name the user's for an intercept or a wiretap; else the workload's
 * @param toPod ports of the pod's loopback that shall be reached at the same port of ours
 */
public record EngageRequest(
        EngagementKind kind,
        String name,
        Workload workload,
        Traffic traffic,
        Mount mount,
        List<io.telepresence.engagement.Port> toPod) {
    /** The same, handled by a container at that address. */
    public EngageRequest handledBy(String container, Mount volumes) {
        Traffic there = new Traffic(
                traffic.service(),
                container,
                traffic.ports(),
                traffic.filter(),
                traffic.mechanism(),
                traffic.plaintext(),
                traffic.metadata());
        return new EngageRequest(kind, name, workload, there, volumes, toPod);
    }

    /** The same where a container has ports of its own: of a pair of numbers the second is the container's. */
    public EngageRequest withContainerPorts() {
        List<Port> ports = traffic.ports().stream()
                .map(p -> p.container() == 0 && p.identifier().matches("\\d+")
                        ? new Port(p.local(), "", Integer.parseInt(p.identifier()))
                        : p)
                .toList();
        Traffic there = new Traffic(
                traffic.service(),
                traffic.address(),
                ports,
                traffic.filter(),
                traffic.mechanism(),
                traffic.plaintext(),
                traffic.metadata());
        return new EngageRequest(kind, name, workload, there, mount, toPod);
    }

    public EngageRequest mounted(Mount volumes) {
        return new EngageRequest(kind, name, workload, traffic, volumes, toPod);
    }

    /** Of each, empty means: find it. */
    public record Workload(String name, String namespace, String container) {}

    /**
     * What of the workload's traffic, and how.
     *
     * @param service name where the workload has several; may be empty
     * @param address where on the laptop
     * @param mechanism tcp or http; empty: by the filter
     */
    public record Traffic(
            String service,
            String address,
            List<Port> ports,
            HttpFilter filter,
            String mechanism,
            boolean plaintext,
            Map<String, String> metadata) {}

    /**
     * One port.
     *
     * @param local zero: same as the container port
     * @param identifier name or number with an optional /TCP or /UDP; empty: the only one
     * @param container port inside the handler's container where it differs from {@code local}; zero: it does not
     */
    public record Port(int local, String identifier, int container) {
        public Port(int local, String identifier) {
            this(local, identifier, 0);
        }
    }

    /**
     * Where the volumes shall be.
     *
     * @param path absolute; only with {@link MountMode#PATH}
     * @param port not zero: nothing is mounted, and SFTP is served at this port of the loopback
     * @param handler address of the handler's container: SFTP is served for it only, at a port of the daemon's choice;
     *     empty: there is none
     */
    public record Mount(MountMode mode, String path, boolean readOnly, int port, String handler) {
        public Mount(MountMode mode, String path, boolean readOnly, int port) {
            this(mode, path, readOnly, port, "");
        }

        /** Nothing on this machine: a container at {@code address} gets the volumes. */
        public Mount forContainer(String address) {
            return new Mount(MountMode.NONE, "", readOnly, 0, address);
        }
    }

    public enum MountMode {
        AUTO,
        NONE,
        PATH
    }
}

package io.telepresence.cli.daemon;

import io.telepresence.fault.FaultException;
import io.telepresence.filter.HttpFilter;
import java.util.List;
import java.util.Map;

/**
 * What {@code intercept}, {@code replace}, {@code wiretap} and {@code ingest} ask for.
 *
 * @param name the user's for an intercept or a wiretap; else the workload's
 * @param toPod ports of the pod's loopback that shall be reached at the same port of ours
 */
public record EngageWish(
        Engagement.Kind kind, String name, Workload workload, Traffic traffic, Mount mount, List<PodPort> toPod) {
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
            Filter filter,
            String mechanism,
            boolean plaintext,
            Map<String, String> metadata) {}

    /**
     * One port.
     *
     * @param local zero: same as the container port
     * @param identifier name or number with an optional /TCP or /UDP; empty: the only one
     */
    public record Port(int local, String identifier) {}

    /** Headers that a request must have, and paths of which it must have one if there are any. */
    public record Filter(List<Header> headers, List<Path> paths) {
        public static final Filter NONE = new Filter(List.of(), List.of());

        public boolean isEmpty() {
            return headers.isEmpty() && paths.isEmpty();
        }

        /** @throws FaultException one sentence: what in it is no filter */
        public void check() throws FaultException {
            if (!isEmpty()) {
                HttpFilter.of(ToWire.filter(this).build());
            }
        }
    }

    public record Header(String name, String value) {}

    public record Path(PathKind kind, String value) {}

    public enum PathKind {
        EQUAL,
        PREFIX,
        REGEX
    }

    /**
     * Where the volumes shall be.
     *
     * @param path absolute; only with {@link MountMode#PATH}
     * @param port not zero: nothing is mounted, and SFTP is served at this port of the loopback
     */
    public record Mount(MountMode mode, String path, boolean readOnly, int port) {}

    public enum MountMode {
        AUTO,
        NONE,
        PATH
    }

    /** A port of the pod's loopback; {@code protocol} is TCP or UDP. */
    public record PodPort(String protocol, int port) {}
}

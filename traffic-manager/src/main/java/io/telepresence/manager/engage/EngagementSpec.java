package io.telepresence.manager.engage;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.List;

/**
 * What a user asked for.
 *
 * @param name unique per client
 * @param workloadKind empty: find it
 * @param service name of the service that counts; may be empty
 * @param container may be empty
 * @param targetHost where on the laptop: name or address
 * @param ports empty: the only port there is
 */
public record EngagementSpec(
        Kind kind,
        String name,
        String namespace,
        String workload,
        String workloadKind,
        String service,
        String container,
        String targetHost,
        List<PortWish> ports) {

    /** What happens to the traffic. */
    public enum Kind {
        INTERCEPT,
        REPLACE,
        WIRETAP,
        INGEST;

        /** Only one at a time can have the whole port. */
        boolean takesPort() {
            return this == INTERCEPT || this == REPLACE;
        }

        /** As in a sentence: Intercept. */
        String title() {
            return name().charAt(0) + name().substring(1).toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * @param localPort zero: same as the container port
     * @param identifier name or number of a port, with an optional /TCP or /UDP; empty: the only one
     */
    public record PortWish(int localPort, String identifier) {}

    public EngagementSpec {
        ports = List.copyOf(ports);
    }

    /** @throws FaultException something that must be there is not */
    void check() throws FaultException {
        if (name.isEmpty() || workload.isEmpty() || namespace.isEmpty()) {
            throw Fault.user("an engagement needs a name, a workload and a namespace", "")
                    .exception();
        }
        if (kind != Kind.INTERCEPT) {
            throw Fault.user(
                            "this traffic-manager does not offer "
                                    + kind.title().toLowerCase(java.util.Locale.ROOT),
                            "")
                    .exception();
        }
    }
}

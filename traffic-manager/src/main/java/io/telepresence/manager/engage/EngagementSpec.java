package io.telepresence.manager.engage;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a user asked for.
 *
 * @param name unique per client; for a replace and an ingest made from workload and container
 * @param workloadKind empty: find it
 * @param service name of the service that counts; may be empty
 * @param container may be empty
 * @param targetHost where on the laptop: name or address
 * @param ports empty: the only port there is; for a replace all that the container declares
 */
public record EngagementSpec(
        EngagementKind kind,
        String name,
        String namespace,
        String workload,
        String workloadKind,
        String service,
        String container,
        String targetHost,
        List<PortWish> ports,
        Handling handling) {

    /**
     * @param localPort zero: same as the container port
     * @param identifier name or number of a port, with an optional /TCP or /UDP; empty: the only one
     */
    public record PortWish(int localPort, String identifier) {}

    /** A port on the pod's loopback that the client may reach. */
    public record PodPort(boolean udp, int number) {}

    /**
     * What is done with the traffic.
     *
     * @param mechanism tcp or http; empty: http if there is a filter
     * @param plaintext the laptop gets what was inside TLS
     */
    public record Handling(
            HttpFilter filter, String mechanism, boolean plaintext, Map<String, String> metadata, List<PodPort> toPod) {
        /** Everything, as it is. */
        public static final Handling PLAIN = new Handling(HttpFilter.ALL, "", false, Map.of(), List.of());

        public Handling {
            metadata = Map.copyOf(metadata);
            toPod = List.copyOf(toPod);
            if (!filter.takesEverything()) {
                mechanism = "http";
            } else if (mechanism.isEmpty()) {
                mechanism = "tcp";
            }
        }
    }

    public EngagementSpec {
        ports = List.copyOf(ports);
    }

    public HttpFilter filter() {
        return handling.filter();
    }

    /** The same about that container; a replace and an ingest are called after it. */
    EngagementSpec about(String container, String clientNamespace) {
        String inNamespace = namespace.equals(clientNamespace) ? "" : "." + namespace;
        String called = kind.namedByContainer() ? workload + inNamespace + "/" + container : name;
        return new EngagementSpec(
                kind, called, namespace, workload, workloadKind, service, container, targetHost, ports, handling);
    }

    /** @throws FaultException something that must be there is not, or does not fit the rest */
    void check() throws FaultException {
        if (name.isEmpty() || workload.isEmpty() || namespace.isEmpty()) {
            throw Fault.user("an engagement needs a name, a workload and a namespace", "")
                    .exception();
        }
        if (!Set.of("tcp", "http").contains(handling.mechanism())) {
            throw Fault.user("there is no mechanism " + handling.mechanism(), "Mechanisms are tcp and http")
                    .exception();
        }
        if (!kind.hasFilter() && !filter().takesEverything()) {
            throw Fault.user(kind.withArticle() + " has no HTTP filter", "Filters are for intercepts and wiretaps")
                    .exception();
        }
        if (!kind.hasPorts() && !ports.isEmpty()) {
            throw Fault.user(kind.withArticle() + " has no ports", "").exception();
        }
        checkNumbers();
    }

    private void checkNumbers() throws FaultException {
        for (PortWish wish : ports) {
            if (wish.localPort() < 0 || wish.localPort() > 65535) {
                throw Fault.user(wish.localPort() + " is not a port number", "").exception();
            }
        }
        Set<PodPort> seen = new HashSet<>();
        for (PodPort port : handling.toPod()) {
            if (port.number() < 1 || port.number() > 65535) {
                throw Fault.user(port.number() + " is not a port number", "").exception();
            }
            if (!seen.add(port)) {
                throw Fault.user("port " + port.number() + " of the pod is given twice", "")
                        .exception();
            }
        }
    }
}

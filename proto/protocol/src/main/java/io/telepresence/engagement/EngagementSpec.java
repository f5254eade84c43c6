package io.telepresence.engagement;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a user asked for.
 *
 * @param name unique per client; for a replace and an ingest made from workload and container
 * @param workloadKind empty: find it
 * @param service name of the service that counts; may be empty
 * @param container may be empty
 * @param targetHost where on the client: name or address; empty: {@value #LOCALHOST}
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
        List<PortRequest> ports,
        EngagementOptions options) {
    /** Where on the client traffic goes if nothing else is said. */
    public static final String LOCALHOST = "127.0.0.1";

    private static final Set<String> MECHANISMS = Set.of("tcp", "http");

    public EngagementSpec {
        ports = List.copyOf(ports);
        targetHost = targetHost.isEmpty() ? LOCALHOST : targetHost;
    }

    public HttpFilter filter() {
        return options.filter();
    }

    /** The same about that container; a replace and an ingest are called after it. */
    public EngagementSpec about(String container, String clientNamespace) {
        String inNamespace = namespace.equals(clientNamespace) ? "" : "." + namespace;
        String called = kind.namedByContainer() ? workload + inNamespace + "/" + container : name;
        return new EngagementSpec(
                kind, called, namespace, workload, workloadKind, service, container, targetHost, ports, options);
    }

    /** The same, with its traffic to another place of the client's. */
    public EngagementSpec to(String host) {
        return new EngagementSpec(
                kind, name, namespace, workload, workloadKind, service, container, host, ports, options);
    }

    /** @throws FaultException something that must be there is not, or does not fit the rest */
    public void check() throws FaultException {
        if (name.isEmpty() || workload.isEmpty() || namespace.isEmpty()) {
            throw Fault.user("an engagement needs a name, a workload and a namespace", "")
                    .exception();
        }
        if (!MECHANISMS.contains(options.mechanism())) {
            throw Fault.user("there is no mechanism " + options.mechanism(), "Mechanisms are tcp and http")
                    .exception();
        }
        if (!kind.hasFilter() && !filter().takesEverything()) {
            throw Fault.user(kind.withArticle() + " has no HTTP filter", "Filters are for intercepts and wiretaps")
                    .exception();
        }
        if (!kind.hasPorts() && !ports.isEmpty()) {
            throw Fault.user(kind.withArticle() + " has no ports", "").exception();
        }
        checkPorts();
    }

    private void checkPorts() throws FaultException {
        for (PortRequest request : ports) {
            if (request.localPort() != 0 && !Port.isNumber(request.localPort())) {
                throw Fault.user(request.localPort() + " is not a port number", "")
                        .exception();
            }
        }
        Set<Port> seen = new HashSet<>();
        for (Port port : options.toPod()) {
            if (!seen.add(port)) {
                throw Fault.user("port " + port.number() + " of the pod is given twice", "")
                        .exception();
            }
        }
    }
}

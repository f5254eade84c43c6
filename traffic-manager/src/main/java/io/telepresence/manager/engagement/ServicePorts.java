package io.telepresence.manager.engagement;

import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.PortRequest;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.sidecar.PortCandidates.Candidate;
import io.telepresence.manager.sidecar.PortCandidates.PortSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** From what the user wrote to the ports of an intercept or a wiretap. Pure. */
public final class ServicePorts {
    static final String NO_PORTS = "has no interceptable port: no service selects its pods";

    static final String NO_PORTS_REMEDY = "Without a service, name the container ports in the pod template's annotation"
            + " telepresence.io/inject-container-ports";

    private ServicePorts() {}

    /**
     * @param unredirected why no port can be redirected; empty: each can
     * @throws FaultException nothing matches, or more than one port does, or they cannot be had (together)
     */
    public static List<EngagedPort> choose(
            WorkloadRef workload, List<Candidate> candidates, EngagementSpec spec, Optional<String> unredirected)
            throws FaultException {
        if (candidates.isEmpty()) {
            throw Fault.user(workload + " " + NO_PORTS, NO_PORTS_REMEDY).exception();
        }
        List<PortRequest> wishes = spec.ports().isEmpty() ? List.of(new PortRequest(0, "")) : spec.ports();
        List<EngagedPort> chosen = new ArrayList<>();
        for (PortRequest wish : wishes) {
            Candidate one = one(workload, candidates, spec, wish.identifier());
            if (one.redirect() && unredirected.isPresent()) {
                throw notRedirected(workload, one, unredirected.get()).exception();
            }
            chosen.add(new EngagedPort(
                    Port.of(one.udp(), one.containerPort()),
                    wish.localPort() == 0 ? one.containerPort() : wish.localPort(),
                    one.container(),
                    one.service(),
                    one.servicePortName(),
                    one.servicePort()));
        }
        check(workload, chosen);
        boolean filtered = !spec.filter().takesEverything();
        if (filtered && chosen.stream().anyMatch(EngagedPort::udp)) {
            throw Fault.user("HTTP filters do not work on the UDP ports of " + workload, "Leave the filters out")
                    .exception();
        }
        return chosen;
    }

    /** @throws FaultException a port is given twice, at either end */
    static void check(WorkloadRef workload, List<EngagedPort> chosen) throws FaultException {
        for (int i = 0; i < chosen.size(); i++) {
            EngagedPort port = chosen.get(i);
            for (EngagedPort before : chosen.subList(0, i)) {
                if (before.port().equals(port.port())) {
                    throw Fault.user(
                                    "container port " + port.containerPort() + " of " + workload + " is given twice",
                                    "")
                            .exception();
                }
                if (before.localPort() == port.localPort() && before.udp() == port.udp()) {
                    throw Fault.user(
                                    "container ports " + before.containerPort() + " and " + port.containerPort()
                                            + " of " + workload + " cannot both go to local port " + port.localPort(),
                                    "Give each its own with --port=<local port>:<port>")
                            .exception();
                }
            }
        }
    }

    private static Fault notRedirected(WorkloadRef workload, Candidate port, String why) {
        String way = port.service().isEmpty()
                ? "no Service leads to it"
                : "Service " + port.service() + " leads to it by its number, or is headless";
        return Fault.user(
                "port " + port.containerPort() + " of " + workload + " cannot be engaged: " + way
                        + ", so it must be redirected by an init container with NET_ADMIN, and " + why,
                "Give the container port a name, and a Service with that name as its targetPort");
    }

    private static Candidate one(
            WorkloadRef workload, List<Candidate> candidates, EngagementSpec spec, String identifier)
            throws FaultException {
        List<Candidate> found = candidates.stream()
                .filter(c -> spec.service().isEmpty() || spec.service().equals(c.service()))
                .toList();
        if (!identifier.isEmpty()) {
            found = matching(found, PortSelector.parse(identifier));
        }
        if (found.size() == 1) {
            return found.getFirst();
        }
        throw (found.isEmpty() ? none(workload, spec, identifier) : several(workload, spec, identifier, found))
                .exception();
    }

    /** The number or name of a service port; only where there is none such, that of the container port. */
    private static List<Candidate> matching(List<Candidate> candidates, PortSelector name) {
        List<Candidate> byService = candidates.stream()
                .filter(c -> !c.service().isEmpty() && name.matches(c.udp(), c.servicePortName(), c.servicePort()))
                .toList();
        return byService.isEmpty()
                ? candidates.stream()
                        .filter(c -> name.matches(c.udp(), c.portName(), c.containerPort()))
                        .toList()
                : byService;
    }

    private static Fault none(WorkloadRef workload, EngagementSpec spec, String identifier) {
        String service = spec.service().isEmpty() ? "" : " in service " + spec.service();
        String port = identifier.isEmpty() ? "" : " matching " + identifier;
        return Fault.user(workload + " has no interceptable port" + port + service, "");
    }

    private static Fault several(WorkloadRef workload, EngagementSpec spec, String identifier, List<Candidate> found) {
        if (identifier.isEmpty() && spec.service().isEmpty()) {
            return Fault.user(
                    workload + " has multiple interceptable ports",
                    "Please specify the service and/or port you want to intercept by passing the --service=<svc>"
                            + " and/or --port=<local:svcPortName> flag");
        }
        if (identifier.isEmpty()) {
            return Fault.user(
                    workload + " has multiple interceptable ports in service " + spec.service(),
                    "Please specify the port you want to intercept by passing the --port=<local:svcPortName> flag");
        }
        if (found.stream().map(Candidate::service).distinct().count() == 1) {
            return Fault.user(
                    workload + " has the port " + identifier + " for TCP and for UDP",
                    "Please say which with --port=<local port>:" + identifier + "/TCP or --port=<local port>:"
                            + identifier + "/UDP");
        }
        return Fault.user(
                workload + " has multiple interceptable services with port " + identifier,
                "Please specify the service you want to intercept by passing the --service=<svc> flag");
    }
}

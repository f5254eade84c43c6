package io.telepresence.manager.engagement;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.telepresence.engagement.EngagedPort;
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

/** From what the user wrote to the ports of a container that is replaced. Pure. */
public record ReplacedPorts(WorkloadRef workload, Container container, List<Candidate> candidates) {
    private static final String ALL = "all";

    /** @param name may be empty */
    private record DeclaredPort(boolean udp, int number, String name) {}

    /**
     * All that the container declares, or those that are wished, declared or not; maybe none.
     *
     * @param candidates by which services the workload's ports are known
     * @throws FaultException a name that the container does not declare, or a port that is given twice
     */
    public static List<EngagedPort> choose(
            WorkloadRef workload, Container container, List<Candidate> candidates, List<PortRequest> wishes)
            throws FaultException {
        return new ReplacedPorts(workload, container, candidates).choose(wishes);
    }

    private List<EngagedPort> choose(List<PortRequest> wishes) throws FaultException {
        List<EngagedPort> chosen = new ArrayList<>();
        for (PortRequest wish : wishes.isEmpty() ? List.of(new PortRequest(0, ALL)) : wishes) {
            if (wish.identifier().equals(ALL) && wish.localPort() == 0) {
                declared().forEach(port -> chosen.add(engaged(port, 0)));
            } else {
                DeclaredPort port =
                        wish.identifier().isEmpty() ? only(wish) : named(PortSelector.parse(wish.identifier()));
                chosen.add(engaged(port, wish.localPort()));
            }
        }
        ServicePorts.check(workload, chosen);
        return chosen;
    }

    private List<DeclaredPort> declared() {
        return container.getPorts().stream()
                .filter(p -> !"SCTP".equals(p.getProtocol()))
                .map(ReplacedPorts::port)
                .toList();
    }

    private static DeclaredPort port(ContainerPort port) {
        return new DeclaredPort(
                "UDP".equals(port.getProtocol()),
                port.getContainerPort(),
                port.getName() == null ? "" : port.getName());
    }

    private DeclaredPort only(PortRequest wish) throws FaultException {
        List<DeclaredPort> declared = declared();
        if (declared.size() == 1) {
            return declared.getFirst();
        }
        if (declared.isEmpty() && wish.localPort() > 0) {
            return new DeclaredPort(false, wish.localPort(), "");
        }
        throw Fault.user(
                        this + (declared.isEmpty() ? " declares no port" : " declares several ports"),
                        "Say which one goes where with --port=<local port>:<container port>")
                .exception();
    }

    private DeclaredPort named(PortSelector name) throws FaultException {
        Optional<DeclaredPort> declared = declared().stream()
                .filter(p -> name.matches(p.udp(), p.name(), p.number()))
                .findFirst();
        if (declared.isPresent()) {
            return declared.get();
        }
        if (name.number() == 0) {
            throw Fault.user(this + " has no port " + name.name(), "Name a port that it does not declare by its number")
                    .exception();
        }
        return new DeclaredPort(name.udp().orElse(false), name.number(), "");
    }

    private EngagedPort engaged(DeclaredPort port, int local) {
        Candidate service = candidates.stream()
                .filter(c -> c.containerPort() == port.number() && c.udp() == port.udp())
                .findFirst()
                .orElse(new Candidate("", "", 0, port.udp(), container.getName(), port.number(), port.name(), false));
        return new EngagedPort(
                Port.of(port.udp(), port.number()),
                local == 0 ? port.number() : local,
                container.getName(),
                service.service(),
                service.servicePortName(),
                service.servicePort());
    }

    @Override
    public String toString() {
        return "container " + container.getName() + " of " + workload;
    }
}

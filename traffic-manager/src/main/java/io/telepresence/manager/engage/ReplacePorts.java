package io.telepresence.manager.engage;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engage.Engagement.EngagedPort;
import io.telepresence.manager.engage.EngagementSpec.PortWish;
import io.telepresence.manager.engage.PortMap.Candidate;
import io.telepresence.manager.engage.PortMap.PortName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** From what the user wrote to the ports of a container that is replaced. Pure. */
record ReplacePorts(WorkloadRef workload, Container container, List<Candidate> candidates) {
    private static final String ALL = "all";

    /** @param name may be empty */
    private record Port(boolean udp, int number, String name) {}

    /**
     * All that the container declares, or those that are wished, declared or not; maybe none.
     *
     * @param candidates by which services the workload's ports are known
     * @throws FaultException a name that the container does not declare, or a port that is given twice
     */
    static List<EngagedPort> choose(
            WorkloadRef workload, Container container, List<Candidate> candidates, List<PortWish> wishes)
            throws FaultException {
        return new ReplacePorts(workload, container, candidates).choose(wishes);
    }

    private List<EngagedPort> choose(List<PortWish> wishes) throws FaultException {
        List<EngagedPort> chosen = new ArrayList<>();
        for (PortWish wish : wishes.isEmpty() ? List.of(new PortWish(0, ALL)) : wishes) {
            if (wish.identifier().equals(ALL) && wish.localPort() == 0) {
                declared().forEach(port -> chosen.add(engaged(port, 0)));
            } else {
                Port port = wish.identifier().isEmpty() ? only(wish) : named(PortName.parse(wish.identifier()));
                chosen.add(engaged(port, wish.localPort()));
            }
        }
        PortChoice.check(workload, chosen);
        return chosen;
    }

    private List<Port> declared() {
        return container.getPorts().stream()
                .filter(p -> !"SCTP".equals(p.getProtocol()))
                .map(ReplacePorts::port)
                .toList();
    }

    private static Port port(ContainerPort port) {
        return new Port(
                "UDP".equals(port.getProtocol()),
                port.getContainerPort(),
                port.getName() == null ? "" : port.getName());
    }

    private Port only(PortWish wish) throws FaultException {
        List<Port> declared = declared();
        if (declared.size() == 1) {
            return declared.getFirst();
        }
        if (declared.isEmpty() && wish.localPort() > 0) {
            return new Port(false, wish.localPort(), "");
        }
        throw Fault.user(
                        this + (declared.isEmpty() ? " declares no port" : " declares several ports"),
                        "Say which one goes where with --port=<local port>:<container port>")
                .exception();
    }

    private Port named(PortName name) throws FaultException {
        Optional<Port> declared = declared().stream()
                .filter(p -> name.matches(p.udp(), p.name(), p.number()))
                .findFirst();
        if (declared.isPresent()) {
            return declared.get();
        }
        if (name.number() < 1 || name.number() > 65535) {
            String port = name.number() == 0 ? name.name() : Integer.toString(name.number());
            throw Fault.user(this + " has no port " + port, "A port that it does not declare is named by its number")
                    .exception();
        }
        return new Port(name.udp().orElse(false), name.number(), "");
    }

    private EngagedPort engaged(Port port, int local) {
        Candidate service = candidates.stream()
                .filter(c -> c.containerPort() == port.number() && c.udp() == port.udp())
                .findFirst()
                .orElse(new Candidate("", "", 0, port.udp(), container.getName(), port.number(), port.name(), false));
        return new EngagedPort(
                port.udp(),
                local == 0 ? port.number() : local,
                port.number(),
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

package io.telepresence.manager.sidecar;

import io.telepresence.agree.PortProtocol;
import io.telepresence.engagement.EngagedPort;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.sidecar.PortCandidates.Candidate;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/** Whether an agent can see the HTTP requests of a port that is engaged with a filter. Pure. */
public final class FilteredPorts {
    private FilteredPorts() {}

    /**
     * What is to be said about the ports.
     *
     * @param opened whether the agent has a certificate to open TLS with
     * @return one sentence for the user; empty: all is well, as far as is declared
     * @throws FaultException the port is declared to be something else than HTTP
     */
    public static String check(
            WorkloadRef workload, List<Candidate> candidates, List<EngagedPort> ports, Predicate<Candidate> opened)
            throws FaultException {
        String remark = "";
        for (EngagedPort port : ports) {
            List<Candidate> known = candidates.stream()
                    .filter(c -> c.containerPort() == port.containerPort() && c.udp() == port.udp())
                    .toList();
            String declared = declared(known);
            PortProtocol protocol = PortProtocol.of(
                    known.stream().anyMatch(opened), declared, first(known, Candidate::portName), port.containerPort());
            if (!protocol.mayParse()) {
                throw Fault.user(
                                "HTTP filters do not work on port " + port.containerPort() + " of " + workload
                                        + ": its service declares it to be " + declared
                                        + ", so the agent does not look at its bytes",
                                "Leave the filters out, or set the service port's appProtocol to http")
                        .exception();
            }
            if (protocol.tls() == PortProtocol.Tls.ALWAYS && known.stream().noneMatch(opened)) {
                remark = "port " + port.containerPort() + " is declared to be TLS, and the agent has no certificate for"
                        + " it: the filter sees only what comes in the clear"
                        + " (annotation telepresence.io/downstream-tls-secret.<port>)";
            }
        }
        return remark;
    }

    /** As agents are told it. */
    static String declared(List<Candidate> known) {
        String protocol = first(known, Candidate::appProtocol);
        return protocol.isEmpty() ? first(known, Candidate::servicePortName) : protocol;
    }

    static String first(List<Candidate> known, Function<Candidate, String> what) {
        return known.stream().map(what).filter(s -> !s.isEmpty()).findFirst().orElse("");
    }
}

package io.telepresence.manager.grpc;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.agree.Versions;
import io.telepresence.engagement.Port;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.auth.AgentReview;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.lifecycle.ContainerRestorer;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.rpc.agent.AgentArrival;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.tunnel.Protocol;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Agents come and prove who they are. */
public final class AgentArrivals {
    private static final Duration POD_SEEN = Duration.ofSeconds(3);

    private final SessionRegistry sessions;
    private final AgentReview review;
    private final Workloads workloads;
    private final SidecarConfigs sidecars;
    private final ContainerRestorer restorer;

    /** @param restorer takes agents out that come after they were dismissed */
    public AgentArrivals(
            SessionRegistry sessions,
            AgentReview review,
            Workloads workloads,
            SidecarConfigs sidecars,
            ContainerRestorer restorer) {
        this.sessions = sessions;
        this.review = review;
        this.workloads = workloads;
        this.sidecars = sidecars;
        this.restorer = restorer;
    }

    /** Blocks: the API server reviews the token. */
    io.telepresence.rpc.agent.AgentSession arrive(AgentArrival arrival, String token)
            throws FaultException, InterruptedException {
        ClientSessionService.checkVersion(arrival.getVersion());
        review.check(token, arrival.getNamespace(), arrival.getPodName(), arrival.getPodUid());
        WorkloadRef workload =
                new WorkloadRef(arrival.getWorkloadKind(), arrival.getNamespace(), arrival.getWorkload());
        Pod pod = checkOwner(arrival, workload);
        boolean stays = Pods.alive(pod) && !Pods.replaced(pod);
        if (stays) {
            sidecars.found(workload, Pods.dismissed(pod));
        }
        SessionRegistry.Arrival<AgentSession> arrived = sessions.arrive(
                new AgentSession.Agent(
                        arrival.getPodName(),
                        arrival.getPodUid(),
                        arrival.getPodIp(),
                        workload,
                        arrival.getVersion().getVersion(),
                        ports(arrival),
                        replaced(arrival)),
                arrival.getResumeSessionId());
        arrived.session().sealed(TrafficTranslator.sealed(arrival.getSealedList()));
        if (stays && !sidecars.desired(workload)) {
            restorer.settle(workload);
        }
        return io.telepresence.rpc.agent.AgentSession.newBuilder()
                .setSessionId(arrived.credential())
                .setVersion(Versions.info(ClientSessionService.NAME))
                .build();
    }

    /** The pod may be so new that the watch has not shown it yet; one that goes still serves what it has. */
    Pod checkOwner(AgentArrival arrival, WorkloadRef workload) throws FaultException, InterruptedException {
        long end = System.nanoTime() + POD_SEEN.toNanos();
        Optional<Pod> pod = pod(arrival);
        while (pod.isEmpty() && System.nanoTime() < end) {
            Thread.sleep(100);
            pod = pod(arrival);
        }
        if (pod.isEmpty()) {
            throw Fault.unreachable("the traffic-manager does not see pod " + arrival.getPodName() + " yet", "")
                    .exception();
        }
        boolean belongs =
                workloads.ownerOf(pod.get()).map(workload::equals).orElse(Pods.replacedOf(pod.get(), workload));
        if (!belongs) {
            throw Fault.denied("pod " + arrival.getPodName() + " does not belong to " + workload, "")
                    .exception();
        }
        return pod.get();
    }

    private Optional<Pod> pod(AgentArrival arrival) {
        return workloads
                .pod(arrival.getNamespace(), arrival.getPodName())
                .filter(p -> p.getMetadata().getUid().equals(arrival.getPodUid()));
    }

    private static Set<Port> ports(AgentArrival arrival) {
        return arrival.getContainersList().stream()
                .flatMap(c -> c.getPortsList().stream())
                .filter(p -> Port.isNumber(p.getContainerPort()))
                .map(p -> Port.of(p.getProtocol() == Protocol.UDP, p.getContainerPort()))
                .collect(Collectors.toSet());
    }

    private static Set<String> replaced(AgentArrival arrival) {
        return arrival.getContainersList().stream()
                .filter(AgentContainer::getReplaced)
                .map(AgentContainer::getName)
                .collect(Collectors.toSet());
    }
}

package io.telepresence.manager.engagement;

import io.fabric8.kubernetes.api.model.Container;
import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.PodContainers;
import java.util.List;

/** Which container of a workload an engagement is about. Pure. */
public final class ContainerSelector {
    private ContainerSelector() {}

    /** The containers of the application, in the template's order, native sidecars last. */
    static List<Container> containers(KubernetesWorkload workload) {
        return workload.template().getSpec() == null
                ? List.of()
                : PodContainers.application(workload.template().getSpec());
    }

    /**
     * The one that is asked for; else the one that has the first port; else the only one, native sidecars aside.
     *
     * @param ports those of an intercept or wiretap; of the others not yet known
     * @throws FaultException there is no such container, or which one cannot be told
     */
    public static Container choose(KubernetesWorkload workload, EngagementSpec spec, List<EngagedPort> ports)
            throws FaultException {
        List<Container> all = containers(workload);
        if (all.isEmpty()) {
            throw Fault.user(workload.ref() + " has no containers", "").exception();
        }
        checkAgent(workload, spec);
        if (!spec.container().isEmpty()) {
            return replaceable(workload, spec, named(workload, all, spec.container()));
        }
        if (!ports.isEmpty()) {
            return named(workload, all, ports.getFirst().container());
        }
        List<Container> ordinary =
                all.stream().filter(c -> !PodContainers.isNative(c)).toList();
        if (ordinary.size() != 1) {
            throw Fault.user(
                            workload.ref() + " has several containers: " + names(all),
                            "Name the one to " + spec.kind().word() + " with --container")
                    .exception();
        }
        return ordinary.getFirst();
    }

    /** Others of the pod's init containers wait for a native sidecar, so nothing can stand in for it. */
    private static Container replaceable(KubernetesWorkload workload, EngagementSpec spec, Container container)
            throws FaultException {
        if (spec.kind().replacesContainer() && PodContainers.isNative(container)) {
            throw Fault.user(
                            "container " + container.getName() + " of " + workload.ref()
                                    + " is a native sidecar, which cannot be replaced",
                            "Use an intercept")
                    .exception();
        }
        return container;
    }

    /** An agent that somebody wrote into the template stays as it is written. */
    private static void checkAgent(KubernetesWorkload workload, EngagementSpec spec) throws FaultException {
        if (workload.ref().batch() && spec.kind().replacesContainer()) {
            throw Fault.user(
                            "no container of " + workload.ref()
                                    + " can be replaced, because pods of a Job are never recreated",
                            "Use an intercept")
                    .exception();
        }
        boolean manual = PodContainers.agent(workload.template().getSpec()).isPresent();
        if (manual && spec.kind().replacesContainer()) {
            throw Fault.user(
                            workload.ref() + " has a traffic-agent in its pod template, which cannot stand in for a"
                                    + " container",
                            "Use an intercept, or take the agent out of the template")
                    .exception();
        }
    }

    private static Container named(KubernetesWorkload workload, List<Container> all, String name)
            throws FaultException {
        return all.stream().filter(c -> c.getName().equals(name)).findFirst().orElseThrow(() -> Fault.user(
                        workload.ref() + " has no container named " + name, "Its containers are " + names(all))
                .exception());
    }

    private static String names(List<Container> containers) {
        return String.join(", ", containers.stream().map(Container::getName).toList());
    }
}

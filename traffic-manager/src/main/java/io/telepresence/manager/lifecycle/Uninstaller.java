package io.telepresence.manager.lifecycle;

import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.engagement.WorkloadSelector;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.manager.sidecar.SidecarConfigs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The use case behind {@code Uninstall}: takes agents out of pods, and ends what needs them. */
public final class Uninstaller {
    private static final Logger LOG = LoggerFactory.getLogger(Uninstaller.class);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(300);
    private static final DesiredConfig NO_AGENT = Optional::empty;

    private final EngagementRegistry engagements;
    private final SidecarConfigs sidecars;
    private final Workloads workloads;
    private final AgentInstaller installer;
    private final Rights rights;
    private final Duration limit;

    /** @param limit for the pods of one workload */
    public Uninstaller(
            EngagementRegistry engagements,
            SidecarConfigs sidecars,
            Workloads workloads,
            AgentInstaller installer,
            Rights rights,
            Duration limit) {
        this.engagements = engagements;
        this.sidecars = sidecars;
        this.workloads = workloads;
        this.installer = installer;
        this.rights = rights;
        this.limit = limit;
    }

    /**
     * Blocks until the pods have no agent any more. The user's own engagements of these workloads end.
     *
     * @param names of workloads; empty: all of the namespace whose pods have agents or would get some, without those that
     *     he may not, or that somebody else engages
     * @param progress sentences for the waiting user
     * @throws FaultException there is no such workload, he may not, or somebody else engages it, then nothing has changed;
     *     or the agents do not go in time
     */
    public void uninstall(ClientSession client, String namespace, List<String> names, Consumer<String> progress)
            throws FaultException, InterruptedException {
        if (!workloads.managed(namespace)) {
            throw WorkloadSelector.unmanaged(namespace).exception();
        }
        List<KubernetesWorkload> wanted =
                names.isEmpty() ? all(client, namespace, progress) : named(client, namespace, names);
        List<WorkloadRef> begun = new ArrayList<>();
        List<WorkloadRef> closed = new ArrayList<>();
        try {
            for (KubernetesWorkload workload : wanted) {
                Optional<Fault> others = close(client, workload.ref());
                if (others.isEmpty()) {
                    closed.add(workload.ref());
                } else if (names.isEmpty()) {
                    progress.accept(keeps(workload.ref(), others.get()));
                } else {
                    throw others.get().exception();
                }
            }
            for (KubernetesWorkload workload : wanted) {
                if (closed.contains(workload.ref())) {
                    String stays = stays(workload);
                    if (stays.isEmpty()) {
                        dismiss(workload.ref(), "uninstalled by " + client.name(), client);
                        begun.add(workload.ref());
                    } else {
                        if (!agents(workload)) {
                            sidecars.dismiss(workload.ref());
                        }
                        progress.accept(stays);
                    }
                }
            }
        } finally {
            closed.forEach(engagements::reopen);
        }
        // Who engages one from here on brings its agents back, and nobody takes them from him.
        FirstFault faults = new FirstFault();
        for (WorkloadRef workload : begun) {
            faults.of(() -> installer.ensure(workload, DesiredConfig.of(sidecars, workloads, workload), progress));
        }
        for (WorkloadRef workload : begun) {
            faults.of(() -> {
                await(workload);
                progress.accept(workload + " has no traffic-agent any more");
            });
        }
        faults.rethrow();
    }

    /** What fails for one workload keeps none of the others from theirs. */
    private static final class FirstFault {
        private interface Step {
            void run() throws FaultException, InterruptedException;
        }

        private FaultException first;

        void of(Step step) throws InterruptedException {
            try {
                step.run();
            } catch (FaultException e) {
                if (first == null) {
                    first = e;
                } else {
                    LOG.warn("{}", e.fault());
                }
            }
        }

        void rethrow() throws FaultException {
            if (first != null) {
                throw first;
            }
        }
    }

    private List<KubernetesWorkload> named(ClientSession client, String namespace, List<String> names)
            throws FaultException {
        List<KubernetesWorkload> wanted = new ArrayList<>();
        for (String name : names) {
            // Before anybody looks: who has no right there does not learn what there is.
            rights.mayUninstall(client.person(), new WorkloadRef("", namespace, name));
            KubernetesWorkload workload = new WorkloadSelector(workloads).choose(namespace, name, "");
            rights.mayUninstall(client.person(), workload.ref());
            wanted.add(workload);
        }
        return wanted;
    }

    private List<KubernetesWorkload> all(ClientSession client, String namespace, Consumer<String> progress)
            throws FaultException {
        List<KubernetesWorkload> wanted = new ArrayList<>();
        rights.maySee(client.person(), namespace);
        for (KubernetesWorkload workload : workloads.in(namespace)) {
            if (agents(workload)) {
                try {
                    rights.mayUninstall(client.person(), workload.ref());
                    wanted.add(workload);
                } catch (FaultException e) {
                    progress.accept(keeps(workload.ref(), e.fault()));
                }
            }
        }
        return wanted;
    }

    private static String keeps(WorkloadRef workload, Fault why) {
        return workload + " keeps its traffic-agent: " + why.text();
    }

    /** Closes it, unless somebody else engages it: from then on nobody does. */
    private Optional<Fault> close(ClientSession client, WorkloadRef workload) {
        return engagements
                .close(workload, e -> !same(e.owner(), client))
                .map(other -> Fault.user(
                        workload + " is in use: the " + other.described() + " needs its traffic-agent",
                        "Ask for it to be left; an administrator ends it with: telepresence revoke " + other.id()));
    }

    private static boolean same(ClientSession one, ClientSession other) {
        return one == other
                || one.person().known()
                        && one.person().user().equals(other.person().user());
    }

    /** Takes the agents out in the background; for those that nobody uses. */
    void remove(WorkloadRef workload) throws FaultException, InterruptedException {
        if (!workloads.get(workload).map(this::stays).orElse("gone").isEmpty()
                || engagements.close(workload, _ -> true).isPresent()) {
            return;
        }
        try {
            dismiss(workload, "idle", null);
        } finally {
            engagements.reopen(workload);
        }
        installer.ensure(
                workload, DesiredConfig.of(sidecars, workloads, workload), sentence -> LOG.info("{}", sentence));
    }

    /** Why the agents cannot go; empty: they can. */
    private String stays(KubernetesWorkload workload) {
        if (!agents(workload)) {
            return workload.ref() + " has no traffic-agent";
        }
        if (PodContainers.agent(workload.template().getSpec()).isPresent()) {
            return workload.ref() + " keeps its traffic-agent: it is part of the pod template";
        }
        return SidecarConfigs.asksItself(workload)
                ? workload.ref() + " keeps its traffic-agent: the annotation " + AgentNames.INJECT
                        + " of the pod template asks for it"
                : "";
    }

    /** Whether its pods have agents, or would get some. */
    private boolean agents(KubernetesWorkload workload) {
        return workloads.pods(workload.ref()).stream().anyMatch(Pods::hasAgent) || sidecars.desired(workload.ref());
    }

    private void dismiss(WorkloadRef workload, String why, ClientSession client) {
        sidecars.dismiss(workload);
        for (RegisteredEngagement engagement : engagements.all().get()) {
            if (engagement.workload().equals(workload)) {
                if (engagement.owner() == client) {
                    engagements.remove(engagement.id());
                } else {
                    engagements.expel(engagement.id(), "its traffic-agent was " + why);
                }
            }
        }
    }

    private void await(WorkloadRef workload) throws FaultException, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            if (sidecars.desired(workload)) {
                throw Fault.user(
                                workload + " was engaged again while its traffic-agents were being removed: they stay",
                                "See: telepresence list")
                        .exception();
            }
            if (installer.settled(workload, NO_AGENT)) {
                return;
            }
            if (System.nanoTime() > end) {
                throw Fault.unreachable(
                                "the traffic-agents of " + workload + " are not gone after " + limit.toSeconds() + " s",
                                "See: kubectl describe pods --namespace " + workload.namespace())
                        .exception();
            }
            Thread.sleep(LOOK_AGAIN);
        }
    }
}

package io.telepresence.manager.lifecycle;

import io.telepresence.fault.Fault;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.networkpolicy.InjectionWarnings;
import io.telepresence.manager.policy.EngagementPolicies;
import io.telepresence.manager.readiness.AgentCoverage;
import io.telepresence.manager.readiness.AgentReadiness;
import io.telepresence.manager.readiness.PodProblems;
import io.telepresence.manager.report.TrafficStats;
import io.telepresence.manager.report.WorkloadList;
import io.telepresence.manager.rights.FakeReviews;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.run.Watched;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** Engagements on a cluster in memory with the workload echo, whose pods are always as they are wished. */
public final class CreateEngagementBench implements AutoCloseable {
    /** What the agents of new pods are made of. */
    public static final String AGENT_IMAGE = "agent:2";

    public final FakeCluster cluster = new FakeCluster();
    public final Workloads workloads = cluster.workloads();
    public final FakeTime time = new FakeTime();
    public final SessionRegistry sessions = new SessionRegistry(time);
    public final EngagementRegistry engagements = new EngagementRegistry(sessions, Duration.ofMinutes(10));
    public final SidecarConfigs sidecars = new SidecarConfigs(
            workloads, new SidecarConfigs.Settings("traffic-manager.ambassador", 8081, 9900, "INFO"), engagements);

    /** What Kubernetes warns of. */
    final List<PodProblems.Event> events = new CopyOnWriteArrayList<>();

    public final Installed installer = new Installed();
    public final ContainerRestorer restorer =
            ContainerRestorer.open(engagements, sidecars, workloads, installer, Duration.ofSeconds(15));
    public final CreateEngagement createEngagement = under(none(workloads));

    public CreateEngagementBench() {
        cluster.addEcho();
    }

    /** Nothing is forbidden. */
    public static EngagementPolicies none(Workloads workloads) {
        return new EngagementPolicies(workloads, true, List.of());
    }

    /** Whoever it is may engage what no policy forbids. */
    static CreateEngagement.Limits limits(EngagementPolicies policies) {
        return new CreateEngagement.Limits(FakeReviews.anybody(), policies);
    }

    /** The same under other policies. */
    public CreateEngagement under(EngagementPolicies policies) {
        AgentReadiness readiness = new AgentReadiness(workloads, sessions, _ -> _ -> List.copyOf(events), installer);
        return new CreateEngagement(
                engagements,
                sidecars,
                workloads,
                installer,
                readiness,
                restorer,
                InjectionWarnings.NONE,
                limits(policies));
    }

    /** Nothing is said before agents come, and no policy forbids anything. */
    static CreateEngagement create(
            EngagementRegistry engagements,
            SidecarConfigs sidecars,
            Workloads workloads,
            AgentInstaller installer,
            AgentReadiness readiness,
            ContainerRestorer restorer,
            boolean allowGlobal) {
        EngagementPolicies policies = new EngagementPolicies(workloads, allowGlobal, List.of());
        return new CreateEngagement(
                engagements,
                sidecars,
                workloads,
                installer,
                readiness,
                restorer,
                InjectionWarnings.NONE,
                limits(policies));
    }

    /** What {@code list} shows, where no agent has failed to be installed. */
    public static WorkloadList board(
            Workloads workloads, SessionRegistry sessions, EngagementRegistry engagements, AgentInstaller installer) {
        AgentCoverage coverage = new AgentCoverage(workloads, sessions, new Watched<>(Map.of()));
        return new WorkloadList(
                workloads,
                coverage,
                engagements,
                new TrafficStats(engagements, sessions),
                installer,
                none(workloads),
                AGENT_IMAGE);
    }

    /** Brings nothing by itself. */
    public static final class Installed implements AgentInstaller {
        /** Workloads whose agents were asked to go. */
        public final LinkedBlockingQueue<WorkloadRef> givenBack = new LinkedBlockingQueue<>();

        /** What happens when agents are asked to come. */
        public Runnable action = () -> {};

        /** What happens when they are asked to go. */
        public Runnable whenGivenBack = () -> {};

        @Override
        public void ensure(WorkloadRef workload, DesiredConfig wish, Consumer<String> progress) {
            if (wish.now().isPresent()) {
                action.run();
            } else {
                givenBack.add(workload);
                whenGivenBack.run();
            }
        }

        /** Why the replacement of pods has failed; null: it has not. */
        final AtomicReference<Fault> failure = new AtomicReference<>();

        /** What can have no agent, and why. */
        public final Map<WorkloadRef, String> obstacles = new ConcurrentHashMap<>();

        @Override
        public Optional<String> obstacle(KubernetesWorkload workload) {
            return Optional.ofNullable(obstacles.get(workload.ref()));
        }

        @Override
        public Optional<Fault> failure(WorkloadRef workload) {
            return Optional.ofNullable(failure.get());
        }

        @Override
        public boolean settled(WorkloadRef workload, DesiredConfig wish) {
            return true;
        }

        @Override
        public Watched<String> trouble() {
            return new Watched<>("");
        }
    }

    @Override
    public void close() throws Exception {
        restorer.close();
    }
}

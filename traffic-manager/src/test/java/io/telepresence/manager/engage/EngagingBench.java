package io.telepresence.manager.engage;

import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.session.FakeTime;
import io.telepresence.manager.session.Sessions;
import io.telepresence.run.Watched;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/** Engagements on a cluster in memory with the workload echo, whose pods are always as they are wished. */
public final class EngagingBench implements AutoCloseable {
    public final FakeCluster cluster = new FakeCluster();
    public final Workloads workloads = cluster.workloads();
    public final FakeTime time = new FakeTime();
    public final Sessions sessions = new Sessions(time);
    public final Engagements engagements = new Engagements(sessions, Duration.ofMinutes(10), _ -> {});
    public final AgentPlans plans = new AgentPlans(
            workloads, new AgentPlans.Settings("traffic-manager.ambassador", 8081, 9900, "INFO"), engagements);
    public final Installed installer = new Installed();
    public final Restoration restoration =
            Restoration.open(engagements, plans, workloads, installer, Duration.ofSeconds(15));
    public final Engaging engaging = new Engaging(
            engagements,
            plans,
            workloads,
            new Engaging.Arrivals(
                    installer, new AgentWait(workloads, sessions, _ -> _ -> List.of(), () -> ""), restoration),
            true);

    public EngagingBench() {
        cluster.addEcho();
    }

    /** What {@code list} shows, where no agent has failed to be installed. */
    static WorkloadBoard board(
            Workloads workloads, Sessions sessions, Engagements engagements, AgentInstaller installer) {
        AgentCoverage coverage = new AgentCoverage(workloads, sessions, new Watched<>(Map.of()));
        return new WorkloadBoard(workloads, coverage, engagements, new Tally(engagements, sessions), installer);
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
        public void ensure(WorkloadRef workload, Wish wish, Consumer<String> progress) {
            if (wish.now().isPresent()) {
                action.run();
            } else {
                givenBack.add(workload);
                whenGivenBack.run();
            }
        }

        @Override
        public boolean settled(WorkloadRef workload, Wish wish) {
            return true;
        }

        @Override
        public Watched<String> trouble() {
            return new Watched<>("");
        }
    }

    @Override
    public void close() throws Exception {
        restoration.close();
    }
}

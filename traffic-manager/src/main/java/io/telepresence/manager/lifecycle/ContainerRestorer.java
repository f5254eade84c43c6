package io.telepresence.manager.lifecycle;

import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.run.Backoff;
import io.telepresence.run.Closers;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings replaced containers back: whenever a container is not replaced any more, for whatever reason, the pods of its
 * workload are made as they are wished, again and again until they are. One thread per workload that is at work.
 */
public final class ContainerRestorer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ContainerRestorer.class);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final EngagementRegistry engagements;
    private final Function<WorkloadRef, DesiredConfig> desired;
    private final AgentInstaller installer;
    private final Duration limit;
    private final Closers opened = new Closers();
    private final Map<WorkloadRef, Work> working = new HashMap<>();
    private Set<Place> before = Set.of();

    private record Place(WorkloadRef workload, String container) {}

    private static final class Work {
        Thread thread;
        boolean again;
    }

    private ContainerRestorer(
            EngagementRegistry engagements,
            Function<WorkloadRef, DesiredConfig> desired,
            AgentInstaller installer,
            Duration limit) {
        this.engagements = engagements;
        this.desired = desired;
        this.installer = installer;
        this.limit = limit;
    }

    /** @param limit for one try, and for a user who waits */
    public static ContainerRestorer open(
            EngagementRegistry engagements,
            SidecarConfigs sidecars,
            Workloads workloads,
            AgentInstaller installer,
            Duration limit) {
        ContainerRestorer opened = new ContainerRestorer(
                engagements, workload -> DesiredConfig.of(sidecars, workloads, workload), installer, limit);
        opened.opened.add(engagements.all().watch(opened::changed));
        return opened;
    }

    /**
     * Ends an engagement. For a replace it returns when the container is back; until then what comes to pods without
     * it still goes to the laptop.
     *
     * @throws FaultException the container is not back in time; it goes on trying
     */
    public void end(RegisteredEngagement engagement) throws FaultException, InterruptedException {
        boolean roll = engagement.spec().kind().replacesContainer() && engagement.state() != EngagementState.REMOVED;
        if (!roll) {
            engagements.remove(engagement.id());
            return;
        }
        CountDownLatch gone = new CountDownLatch(1);
        engagements.ending(engagement.id());
        try (Closers watch = new Closers()) {
            watch.add(engagements.all().watch(all -> {
                if (all.stream()
                        .noneMatch(e -> e.id().equals(engagement.id()) && e.state() == EngagementState.TERMINATING)) {
                    gone.countDown();
                }
            }));
            if (gone.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                engagements
                        .find(engagement.id())
                        .filter(e -> e.state() == EngagementState.REMOVED)
                        .ifPresent(e -> engagements.remove(e.id()));
                return;
            }
        } catch (InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("ending a watch", e);
        }
        throw Fault.unreachable(
                        "container " + engagement.container() + " of " + engagement.workload() + " is not back after "
                                + limit.toSeconds() + " s",
                        "The traffic-manager goes on trying; see: kubectl describe pods --namespace "
                                + engagement.workload().namespace())
                .exception();
    }

    /** Makes the pods of the workload as they are wished, in the background. */
    public void settle(WorkloadRef workload) {
        synchronized (working) {
            Work work = working.get(workload);
            if (work != null) {
                work.again = true;
                return;
            }
            Work begun = new Work();
            working.put(workload, begun);
            begun.thread = Threads.virtual("settle-" + workload.name(), () -> work(workload, begun));
        }
    }

    @Override
    public void close() throws Exception {
        opened.close();
        List<Thread> threads;
        synchronized (working) {
            threads = working.values().stream().map(w -> w.thread).toList();
        }
        threads.forEach(Thread::interrupt);
    }

    /** Under the registry's lock, so in order. */
    private void changed(List<RegisteredEngagement> all) {
        Set<Place> now = all.stream()
                .filter(RegisteredEngagement::replaces)
                .map(e -> new Place(e.workload(), e.container()))
                .collect(Collectors.toSet());
        Set<Place> gone = new HashSet<>(before);
        gone.removeAll(now);
        before = now;
        gone.stream().map(Place::workload).distinct().forEach(this::settle);
    }

    private void work(WorkloadRef workload, Work work) {
        Backoff pause = new Backoff(Duration.ofSeconds(2), LONGEST_PAUSE);
        try {
            while (true) {
                boolean done = attempt(workload);
                synchronized (working) {
                    if (done && !work.again) {
                        working.remove(workload);
                        return;
                    }
                    work.again = false;
                }
                if (!done) {
                    Thread.sleep(pause.next());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            synchronized (working) {
                working.remove(workload, work);
            }
        }
    }

    private boolean attempt(WorkloadRef workload) throws InterruptedException {
        DesiredConfig config = desired.apply(workload);
        try {
            installer.ensure(workload, config, sentence -> LOG.info("{}", sentence));
            long end = System.nanoTime() + limit.toNanos();
            while (System.nanoTime() < end) {
                List<RegisteredEngagement> ending = engagements.ending(workload);
                if (installer.settled(workload, config)) {
                    ending.forEach(e -> engagements.remove(e.id()));
                    LOG.info("the pods of {} are as they should be", workload);
                    return true;
                }
                Thread.sleep(LOOK_AGAIN);
            }
            LOG.warn("{} still has pods that are not as they should be: trying again", workload);
        } catch (FaultException | RuntimeException e) {
            LOG.warn("{} cannot be made as it should be yet: trying again", workload, e);
        }
        return false;
    }
}

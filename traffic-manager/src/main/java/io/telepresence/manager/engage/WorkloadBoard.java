package io.telepresence.manager.engage;

import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.Coalesced;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.Workload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.run.Closers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The list of workloads with their agents and engagements, as {@code list} shows it. Any thread. */
public final class WorkloadBoard {
    private final Workloads workloads;
    private final AgentCoverage coverage;
    private final Engagements engagements;
    private final Tally tally;
    private final AgentInstaller installer;
    private final Map<List<String>, Feed> feeds = new HashMap<>();

    /** @param installer says which workloads can have no agent */
    public WorkloadBoard(
            Workloads workloads,
            AgentCoverage coverage,
            Engagements engagements,
            Tally tally,
            AgentInstaller installer) {
        this.workloads = workloads;
        this.installer = installer;
        this.coverage = coverage;
        this.engagements = engagements;
        this.tally = tally;
    }

    /**
     * One line.
     *
     * @param agentVersion empty: no agent has arrived; "installed" where a pod has one that has not arrived
     * @param obstacle why it cannot be engaged; empty: it can
     * @param readyPods how many pods get traffic
     * @param agents how many ready pods have an agent that is connected
     * @param bypasses ready pods that its engagements do not reach
     * @param counts of its engagements, by id
     */
    public record Line(
            Workload workload,
            String agentVersion,
            String obstacle,
            List<Engagement> engagements,
            int readyPods,
            int agents,
            List<AgentCoverage.Bypass> bypasses,
            Map<String, Tally.Count> counts) {}

    /** @throws FaultException a namespace is not managed */
    public List<Line> lines(List<String> namespaces) throws FaultException {
        List<Line> lines = new ArrayList<>();
        Map<WorkloadRef, List<Engagement>> byWorkload =
                engagements.all().get().stream().collect(Collectors.groupingBy(Engagement::workload));
        for (String namespace : namespaces) {
            checkManaged(namespace);
            workloads.in(namespace).stream()
                    .map(w -> line(w, byWorkload.getOrDefault(w.ref(), List.of())))
                    .filter(WorkloadBoard::worthwhile)
                    .forEach(lines::add);
        }
        return lines;
    }

    private void checkManaged(String namespace) throws FaultException {
        if (!workloads.managed(namespace)) {
            throw WorkloadChoice.unmanaged(namespace).exception();
        }
    }

    /**
     * Gives the list now and after changes, at most every 200 ms, equal ones left out, until the result is closed. All
     * who watch the same namespaces are given the same list, which is found once; so the watcher must be quick.
     *
     * @throws FaultException a namespace is not managed
     */
    public AutoCloseable watch(List<String> namespaces, Consumer<List<Line>> watcher) throws FaultException {
        for (String namespace : namespaces) {
            checkManaged(namespace);
        }
        Feed feed;
        boolean first;
        synchronized (feeds) {
            feed = feeds.computeIfAbsent(List.copyOf(namespaces), Feed::new);
            first = feed.users++ == 0;
        }
        feed.add(watcher);
        if (first) {
            feed.open();
        }
        return () -> remove(feed, watcher);
    }

    /** No lock is held while another is taken: a watcher may leave while it is told something. */
    private void remove(Feed feed, Consumer<List<Line>> watcher) throws Exception {
        boolean last = false;
        if (feed.watchers.remove(watcher)) {
            synchronized (feeds) {
                last = --feed.users == 0 && feeds.remove(feed.namespaces, feed);
            }
        }
        if (last) {
            feed.opened.close();
        }
    }

    /** The list of some namespaces for all who watch it. */
    private final class Feed {
        private final List<String> namespaces;
        private final Closers opened = new Closers();
        private final List<Consumer<List<Line>>> watchers = new CopyOnWriteArrayList<>();
        private List<Line> latest;

        /** Guarded by the board's {@link #feeds}. */
        private int users;

        Feed(List<String> namespaces) {
            this.namespaces = namespaces;
        }

        void open() {
            Coalesced changes = opened.add(new Coalesced("watch-workloads", this::look));
            opened.add(workloads.watch(changes::changed));
            opened.add(coverage.sessions().watchAgents(changes::changed));
            opened.add(engagements.all().watch(_ -> changes.changed()));
            opened.add(tally.watch(changes::changed));
            opened.add(coverage.watch(changes::changed));
        }

        /** Whoever comes later gets the present list at once. */
        synchronized void add(Consumer<List<Line>> watcher) {
            watchers.add(watcher);
            if (latest != null) {
                watcher.accept(latest);
            }
        }

        private void look() {
            try {
                tell(lines(namespaces));
            } catch (FaultException e) {
                tell(List.of());
            }
        }

        private synchronized void tell(List<Line> now) {
            if (!now.equals(latest)) {
                latest = now;
                watchers.forEach(w -> w.accept(now));
            }
        }
    }

    /** A Job that is over is not listed, unless somebody still has an engagement of it. */
    private static boolean worthwhile(Line line) {
        boolean over = line.workload().ref().kind().equals(Workloads.JOB)
                && line.workload().replicas() == 0;
        return !over || !line.engagements().isEmpty();
    }

    private Line line(Workload workload, List<Engagement> own) {
        WorkloadRef ref = workload.ref();
        List<AgentSession> agents = coverage.sessions().agents(ref);
        Set<String> uids = agents.stream().map(a -> a.agent().podUid()).collect(Collectors.toSet());
        List<Pod> pods = workloads.pods(ref);
        int ready = (int) pods.stream().filter(AgentCoverage::getsTraffic).count();
        int connected = (int) pods.stream()
                .filter(p -> Pods.ready(p) && uids.contains(p.getMetadata().getUid()))
                .count();
        String version = agents.isEmpty()
                ? pods.stream().anyMatch(Pods::hasAgent) ? "installed" : ""
                : agents.getFirst().agent().version();
        Map<String, Tally.Count> counts = new HashMap<>();
        own.forEach(e -> tally.count(e.id()).ifPresent(count -> counts.put(e.id(), count)));
        return new Line(
                workload,
                version,
                installer.obstacle(workload).orElse(""),
                own,
                ready,
                connected,
                coverage.bypasses(ref, own),
                counts);
    }
}

package io.telepresence.manager.report;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.engagement.TrafficCount;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.engagement.WorkloadSelector;
import io.telepresence.manager.policy.EngagementPolicies;
import io.telepresence.manager.readiness.AgentCoverage;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.run.Closers;
import io.telepresence.run.Coalesced;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The list of workloads with their agents and engagements, as {@code list} shows it. Any thread. */
public final class WorkloadList {
    private final Workloads workloads;
    private final AgentCoverage coverage;
    private final EngagementRegistry engagements;
    private final TrafficStats stats;
    private final Remarks remarks;
    private final Map<List<String>, Feed> feeds = new HashMap<>();
    private final Map<String, Map<WorkloadRef, PodCounts>> counted = new ConcurrentHashMap<>();

    /**
     * @param installer says which workloads can have no agent
     * @param agentImage what the agents of new pods are made of
     */
    public WorkloadList(
            Workloads workloads,
            AgentCoverage coverage,
            EngagementRegistry engagements,
            TrafficStats stats,
            AgentInstaller installer,
            EngagementPolicies policies,
            String agentImage) {
        this.workloads = workloads;
        this.remarks = new Remarks(installer, policies, agentImage);
        this.coverage = coverage;
        this.engagements = engagements;
        this.stats = stats;
    }

    /** Who has something to say of a workload. */
    private record Remarks(AgentInstaller installer, EngagementPolicies policies, String agentImage) {}

    /**
     * One line.
     *
     * @param agentVersion empty: no agent has arrived; "installed" where a pod has one that has not arrived
     * @param obstacle why it cannot be engaged; empty: it can
     * @param readyPods how many pods get traffic
     * @param agents how many ready pods have an agent that is connected
     * @param earlierAgents how many have one of another image than new pods get
     * @param bypasses ready pods that its engagements do not reach
     * @param counts of its engagements, by id
     * @param policies for it, one clause each
     */
    public record WorkloadInfo(
            KubernetesWorkload workload,
            String agentVersion,
            String obstacle,
            List<RegisteredEngagement> engagements,
            int readyPods,
            int agents,
            int earlierAgents,
            List<AgentCoverage.Bypass> bypasses,
            Map<String, TrafficCount> counts,
            List<String> policies) {}

    /** @throws FaultException a namespace is not managed */
    public List<WorkloadInfo> lines(List<String> namespaces) throws FaultException {
        List<WorkloadInfo> lines = new ArrayList<>();
        Map<WorkloadRef, List<RegisteredEngagement>> byWorkload =
                engagements.all().get().stream().collect(Collectors.groupingBy(RegisteredEngagement::workload));
        for (String namespace : namespaces) {
            checkManaged(namespace);
            Map<WorkloadRef, PodCounts> counts = count(namespace);
            workloads.in(namespace).stream()
                    .map(w -> line(w, counts, byWorkload.getOrDefault(w.ref(), List.of())))
                    .filter(WorkloadList::worthwhile)
                    .forEach(lines::add);
        }
        return lines;
    }

    private void checkManaged(String namespace) throws FaultException {
        if (!workloads.managed(namespace)) {
            counted.remove(namespace);
            throw WorkloadSelector.unmanaged(namespace).exception();
        }
    }

    /**
     * Gives the list now and after changes, at most every 200 ms, equal ones left out, until the result is closed. All
     * who watch the same namespaces are given the same list, which is found once; so the watcher must be quick.
     *
     * @throws FaultException a namespace is not managed
     */
    public AutoCloseable watch(List<String> namespaces, Consumer<List<WorkloadInfo>> watcher) throws FaultException {
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
    private void remove(Feed feed, Consumer<List<WorkloadInfo>> watcher) throws Exception {
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
        private final List<Consumer<List<WorkloadInfo>>> watchers = new CopyOnWriteArrayList<>();
        private List<WorkloadInfo> latest;

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
            opened.add(stats.watch(changes::changed));
            opened.add(coverage.watch(changes::changed));
        }

        /** Whoever comes later gets the present list at once. */
        synchronized void add(Consumer<List<WorkloadInfo>> watcher) {
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

        private synchronized void tell(List<WorkloadInfo> now) {
            if (!now.equals(latest)) {
                latest = now;
                watchers.forEach(w -> w.accept(now));
            }
        }
    }

    /** A Job that is over is not listed, unless somebody still has an engagement of it. */
    private static boolean worthwhile(WorkloadInfo line) {
        boolean over = line.workload().ref().kind().equals(Workloads.JOB)
                && line.workload().replicas() == 0;
        return !over || !line.engagements().isEmpty();
    }

    /** Of all workloads; what has not changed since the last time is not counted again. */
    private Map<WorkloadRef, PodCounts> count(String namespace) {
        Map<WorkloadRef, PodCounts> before = counted.getOrDefault(namespace, Map.of());
        Map<WorkloadRef, PodCounts> now = new HashMap<>();
        for (KubernetesWorkload workload : workloads.in(namespace)) {
            WorkloadRef ref = workload.ref();
            List<AgentSession> agents = coverage.sessions().agents(ref);
            now.put(ref, PodCounts.of(workloads.pods(ref), agents, remarks.agentImage(), before.get(ref)));
        }
        if (now.isEmpty()) {
            // Of a name that somebody only asked about nothing is kept.
            counted.remove(namespace);
        } else {
            counted.put(namespace, now);
        }
        return now;
    }

    private WorkloadInfo line(
            KubernetesWorkload workload, Map<WorkloadRef, PodCounts> counted, List<RegisteredEngagement> own) {
        WorkloadRef ref = workload.ref();
        PodCounts pods = counted.getOrDefault(ref, PodCounts.NONE);
        String version = pods.agents().isEmpty()
                ? pods.installed() ? "installed" : ""
                : pods.agents().getFirst().agent().version();
        Map<String, TrafficCount> counts = new HashMap<>();
        own.forEach(e -> stats.count(e.id()).ifPresent(count -> counts.put(e.id(), count)));
        return new WorkloadInfo(
                workload,
                version,
                remarks.installer().obstacle(workload).orElse(""),
                own,
                pods.ready(),
                pods.connected(),
                bringsItsAgent(workload) ? 0 : pods.earlier(),
                coverage.bypasses(ref, own),
                counts,
                remarks.policies().described(workload));
    }

    /** Its author has written the agent into the template, with an image of his choice. */
    private static boolean bringsItsAgent(KubernetesWorkload workload) {
        PodSpec spec = workload.template().getSpec();
        return spec != null && PodContainers.agent(spec).isPresent();
    }

    /**
     * What is counted of a workload's pods.
     *
     * @param pods and the agents: what it was counted of
     * @param ready get traffic
     * @param connected are ready, and have an agent that has arrived
     * @param earlier get traffic, and have an agent of another image
     * @param installed whether a pod has an agent at all
     */
    private record PodCounts(
            List<Pod> pods, List<AgentSession> agents, int ready, int connected, int earlier, boolean installed) {
        private static final PodCounts NONE = new PodCounts(List.of(), List.of(), 0, 0, 0, false);

        /** @param before kept if nothing that it was counted of has changed (lists that never do); null: there is none */
        static PodCounts of(List<Pod> pods, List<AgentSession> agents, String image, PodCounts before) {
            if (before != null && before.pods == pods && before.agents == agents) {
                return before;
            }
            Set<String> uids = agents.stream().map(a -> a.agent().podUid()).collect(Collectors.toSet());
            int ready = 0;
            int connected = 0;
            int earlier = 0;
            boolean installed = false;
            for (Pod pod : pods) {
                ready += AgentCoverage.getsTraffic(pod) ? 1 : 0;
                connected +=
                        Pods.serving(pod) && uids.contains(pod.getMetadata().getUid()) ? 1 : 0;
                earlier += AgentCoverage.getsTraffic(pod) && Pods.hasOtherAgent(pod, image) ? 1 : 0;
                installed |= Pods.hasAgent(pod);
            }
            return new PodCounts(pods, agents, ready, connected, earlier, installed);
        }
    }
}

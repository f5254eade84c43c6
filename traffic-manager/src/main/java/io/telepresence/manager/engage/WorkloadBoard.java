package io.telepresence.manager.engage;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.agree.AgentNames;
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
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The list of workloads with their agents and engagements, as {@code list} shows it. Any thread. */
public final class WorkloadBoard {
    private final Workloads workloads;
    private final AgentCoverage coverage;
    private final Engagements engagements;
    private final Tally tally;
    private final AgentInstaller installer;

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
        List<Engagement> all = engagements.all().get();
        for (String namespace : namespaces) {
            if (!workloads.managed(namespace)) {
                throw WorkloadChoice.unmanaged(namespace).exception();
            }
            workloads.in(namespace).stream()
                    .map(w -> line(w, all))
                    .filter(WorkloadBoard::worthwhile)
                    .forEach(lines::add);
        }
        return lines;
    }

    /**
     * Gives the list now and after changes, at most every 200 ms, equal ones left out, until the result is closed.
     *
     * @throws FaultException a namespace is not managed
     */
    public AutoCloseable watch(List<String> namespaces, Consumer<List<Line>> watcher) throws FaultException {
        lines(namespaces);
        Closers opened = new Closers();
        Watcher watching = new Watcher(namespaces, watcher);
        Coalesced changes = opened.add(new Coalesced("watch-workloads", watching::look));
        opened.add(workloads.watch(changes::changed));
        opened.add(coverage.sessions().watchAgents(changes::changed));
        opened.add(engagements.all().watch(_ -> changes.changed()));
        opened.add(tally.watch(changes::changed));
        opened.add(coverage.watch(changes::changed));
        return opened;
    }

    private final class Watcher {
        private final List<String> namespaces;
        private final Consumer<List<Line>> watcher;
        private List<Line> last;

        Watcher(List<String> namespaces, Consumer<List<Line>> watcher) {
            this.namespaces = namespaces;
            this.watcher = watcher;
        }

        void look() {
            List<Line> now;
            try {
                now = lines(namespaces);
            } catch (FaultException e) {
                now = List.of();
            }
            if (!now.equals(last)) {
                last = now;
                watcher.accept(now);
            }
        }
    }

    /** A Job that is over is not listed, unless somebody still has an engagement of it. */
    private static boolean worthwhile(Line line) {
        boolean over = line.workload().ref().kind().equals(Workloads.JOB)
                && line.workload().replicas() == 0;
        return !over || !line.engagements().isEmpty();
    }

    private Line line(Workload workload, List<Engagement> all) {
        WorkloadRef ref = workload.ref();
        List<AgentSession> agents = coverage.sessions().agents(ref);
        Set<String> uids = agents.stream().map(a -> a.agent().podUid()).collect(Collectors.toSet());
        List<Pod> pods = workloads.pods(ref);
        int ready = AgentCoverage.ready(workloads, ref).size();
        int connected = (int) pods.stream()
                .filter(p -> Pods.ready(p) && uids.contains(p.getMetadata().getUid()))
                .count();
        String version = agents.isEmpty()
                ? pods.stream().anyMatch(Pods::hasAgent) ? "installed" : ""
                : agents.getFirst().agent().version();
        List<Engagement> own =
                all.stream().filter(e -> e.workload().equals(ref)).toList();
        Map<String, Tally.Count> counts = new HashMap<>();
        own.forEach(e -> tally.count(e.id()).ifPresent(count -> counts.put(e.id(), count)));
        return new Line(
                workload, version, obstacle(workload), own, ready, connected, coverage.bypasses(ref, own), counts);
    }

    /** Also a workload without ports can be ingested and replaced, so its author can forbid it, or its kind. */
    private String obstacle(Workload workload) {
        ObjectMeta template = workload.template().getMetadata();
        Map<String, String> annotations =
                template == null || template.getAnnotations() == null ? Map.of() : template.getAnnotations();
        return switch (annotations.getOrDefault(AgentNames.INJECT, "")) {
            case "disabled", "false" -> "its annotation " + AgentNames.INJECT + " forbids it";
            default -> installer.obstacle(workload).orElse("");
        };
    }
}

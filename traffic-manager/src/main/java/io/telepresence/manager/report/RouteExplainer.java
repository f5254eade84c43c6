package io.telepresence.manager.report;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.HttpHead;
import io.telepresence.engagement.RequestRouter;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.engagement.WorkloadSelector;
import io.telepresence.manager.identity.Person;
import io.telepresence.manager.policy.EngagementPolicies;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.sidecar.PortCandidates.Candidate;
import io.telepresence.manager.sidecar.PortCandidates.PortSelector;
import io.telepresence.manager.sidecar.SidecarConfigs;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The use case behind {@code Explain}: which engagement would take a request, and why the others would not. */
public final class RouteExplainer {
    private static final int MOST_VERDICTS = 1000;

    private final Workloads workloads;
    private final SidecarConfigs sidecars;
    private final EngagementRegistry engagements;
    private final TrafficStats stats;
    private final Rights rights;
    private final EngagementPolicies policies;

    public RouteExplainer(
            Workloads workloads,
            SidecarConfigs sidecars,
            EngagementRegistry engagements,
            TrafficStats stats,
            Rights rights,
            EngagementPolicies policies) {
        this.policies = policies;
        this.workloads = workloads;
        this.sidecars = sidecars;
        this.engagements = engagements;
        this.stats = stats;
        this.rights = rights;
    }

    /**
     * @param namespace of the host when it has none in its name
     * @param host name of a service or workload, optionally with its namespace, or a pod's or service's address
     * @param port name or number of the service's port; empty: find it
     * @param last how many verdicts of the workload's agents are wanted too
     */
    public record Question(String namespace, String host, String port, HttpHead request, int last) {}

    /** @param takes it takes the request; a wiretap: it gets a copy */
    public record Rule(RegisteredEngagement engagement, boolean takes, String reason) {}

    /**
     * @param rules in the order in which agents judge them, wiretaps last
     * @param taker id of the engagement that takes the request; empty: the application
     * @param policies for the workload, one clause each
     */
    public record Answer(
            WorkloadRef workload,
            int containerPort,
            List<Rule> rules,
            String taker,
            List<TrafficStats.Verdict> recent,
            List<String> policies) {}

    private record Target(KubernetesWorkload workload, Optional<Service> service) {}

    /** @throws FaultException nothing of that name or port, or more than one; or the user may not see what is there */
    public Answer explain(Person person, Question question) throws FaultException {
        Target target = target(person, question);
        int port = port(target, question.port());
        WorkloadRef ref = target.workload().ref();
        List<RequestRouter.Verdict<RegisteredEngagement>> verdicts =
                router(ref, port).explain(question.request());
        List<Rule> rules = verdicts.stream().map(RouteExplainer::rule).toList();
        String taker = verdicts.stream()
                .filter(v -> v.takes() && v.rule().kind().takesTraffic())
                .map(v -> v.rule().engagement().id())
                .findFirst()
                .orElse("");
        int last = Math.clamp(question.last(), 0, MOST_VERDICTS);
        return new Answer(
                ref,
                port,
                rules,
                taker,
                last == 0 ? List.of() : stats.recent(ref, last),
                policies.described(target.workload()));
    }

    /** Of what is engaged on a TCP port. */
    private RequestRouter<RegisteredEngagement> router(WorkloadRef workload, int port) {
        return new RequestRouter<>(engagements.all().get().stream()
                .filter(e -> e.active() && e.workload().equals(workload))
                .filter(e -> e.ports().stream().anyMatch(p -> p.containerPort() == port && !p.udp()))
                .map(e -> new RequestRouter.Rule<>(e, e.spec().kind(), e.spec().filter()))
                .toList());
    }

    private static Rule rule(RequestRouter.Verdict<RegisteredEngagement> verdict) {
        RegisteredEngagement engagement = verdict.rule().engagement();
        HttpFilter filter = verdict.rule().filter();
        if (!verdict.mismatch().isEmpty()) {
            return new Rule(engagement, false, verdict.mismatch());
        }
        if (verdict.first().isPresent()) {
            String first = verdict.first().get().engagement().described();
            return new Rule(engagement, false, "it matches, but the " + first + " comes first");
        }
        String what = filter.takesEverything() ? "it takes everything on the port" : "it takes " + filter.describe();
        return new Rule(engagement, true, what);
    }

    private Target target(Person person, Question question) throws FaultException {
        String host = question.host().toLowerCase(java.util.Locale.ROOT);
        String name = host.contains(".") ? host.substring(0, host.indexOf('.')) : host;
        Optional<Target> byAddress = byAddress(question.host());
        if (byAddress.isPresent()) {
            rights.maySee(person, byAddress.get().workload().ref().namespace());
            return byAddress.get();
        }
        String rest = host.substring(Math.min(host.length(), name.length() + 1));
        String namespace = rest.isEmpty()
                ? question.namespace()
                : rest.contains(".") ? rest.substring(0, rest.indexOf('.')) : rest;
        if (!workloads.managed(namespace)) {
            throw WorkloadSelector.unmanaged(namespace).exception();
        }
        rights.maySee(person, namespace);
        Optional<Target> byService = workloads.service(namespace, name).flatMap(this::behind);
        if (byService.isPresent()) {
            return byService.get();
        }
        return new Target(new WorkloadSelector(workloads).choose(namespace, name, ""), Optional.empty());
    }

    private Optional<Target> byAddress(String address) {
        if (!address.matches("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")) {
            return Optional.empty();
        }
        Optional<KubernetesWorkload> ofPod =
                workloads.podAt(address).flatMap(workloads::ownerOf).flatMap(workloads::get);
        return ofPod.map(w -> new Target(w, Optional.empty()))
                .or(() -> workloads.serviceAt(address).flatMap(this::behind));
    }

    /** The workload that a service leads to; of several the first that is engaged. */
    private Optional<Target> behind(Service service) {
        String namespace = service.getMetadata().getNamespace();
        List<WorkloadRef> engaged = engagements.all().get().stream()
                .map(RegisteredEngagement::workload)
                .toList();
        return workloads.in(namespace).stream()
                .filter(w -> Workloads.selects(service, labels(w)))
                .min(Comparator.comparing(w -> !engaged.contains(w.ref())))
                .map(w -> new Target(w, Optional.of(service)));
    }

    private static Map<String, String> labels(KubernetesWorkload workload) {
        ObjectMeta meta = workload.template().getMetadata();
        return meta == null || meta.getLabels() == null ? Map.of() : meta.getLabels();
    }

    private int port(Target target, String port) throws FaultException {
        WorkloadRef ref = target.workload().ref();
        String service = target.service().map(s -> s.getMetadata().getName()).orElse("");
        List<Candidate> all = sidecars.ports(target.workload()).stream()
                .filter(c -> !c.udp() && (service.isEmpty() || c.service().equals(service)))
                .toList();
        List<Integer> found = all.stream()
                .filter(c -> port.isEmpty() || matches(c, PortSelector.parse(port), !service.isEmpty()))
                .map(Candidate::containerPort)
                .distinct()
                .toList();
        if (found.size() == 1) {
            return found.getFirst();
        }
        if (port.isEmpty() && !found.isEmpty()) {
            throw Fault.user(ref + " has several ports: " + names(all), "Write the port in the URL")
                    .exception();
        }
        Optional<Integer> engaged = engaged(ref, port);
        if (engaged.isPresent()) {
            return engaged.get();
        }
        String which = port.isEmpty() ? "no port that can be engaged" : "no port " + port + " that can be engaged";
        throw Fault.user(ref + " has " + which, all.isEmpty() ? "" : "Its ports are " + names(all))
                .exception();
    }

    /** The port of a replace need not be known to any service. */
    private Optional<Integer> engaged(WorkloadRef ref, String port) {
        List<Integer> ports = engagements.all().get().stream()
                .filter(e -> e.workload().equals(ref))
                .flatMap(e -> e.ports().stream())
                .filter(p -> !p.udp() && (port.isEmpty() || port.equals(Integer.toString(p.containerPort()))))
                .map(EngagedPort::containerPort)
                .distinct()
                .toList();
        return ports.size() == 1 ? Optional.of(ports.getFirst()) : Optional.empty();
    }

    private static boolean matches(Candidate candidate, PortSelector name, boolean byService) {
        return name.matches(false, candidate.servicePortName(), candidate.servicePort())
                || !byService && name.matches(false, candidate.portName(), candidate.containerPort());
    }

    private static String names(List<Candidate> candidates) {
        return String.join(
                ", ",
                candidates.stream()
                        .map(c -> c.service().isEmpty()
                                ? Integer.toString(c.containerPort())
                                : Integer.toString(c.servicePort()))
                        .distinct()
                        .toList());
    }
}

package io.telepresence.manager.lifecycle;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engagement.ContainerSelector;
import io.telepresence.manager.engagement.EngagementIds;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.PendingEngagement;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.engagement.ReplacedPorts;
import io.telepresence.manager.engagement.ServicePorts;
import io.telepresence.manager.engagement.WorkloadSelector;
import io.telepresence.manager.networkpolicy.InjectionWarnings;
import io.telepresence.manager.policy.EngagementPolicies;
import io.telepresence.manager.readiness.AgentReadiness;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.sidecar.DesiredConfig;
import io.telepresence.manager.sidecar.FilteredPorts;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The use case behind {@code Engage}: from a wish to an engagement that runs, or to nothing at all. */
public final class CreateEngagement {
    private static final Logger LOG = LoggerFactory.getLogger(CreateEngagement.class);

    private final EngagementRegistry engagements;
    private final SidecarConfigs sidecars;
    private final Workloads workloads;
    private final AgentInstaller installer;
    private final AgentReadiness readiness;
    private final ContainerRestorer restorer;
    private final InjectionWarnings warnings;
    private final Limits limits;

    /** What a waiting user hears; any thread. */
    public interface Progress {
        void waiting(String sentence);

        /** It is entered; only the agents are missing. */
        void reserved(RegisteredEngagement engagement);
    }

    /** What is refused: for want of a right, or by a policy. */
    public record Limits(Rights rights, EngagementPolicies policies) {
        /** Before anybody looks: who has no right there does not learn what there is. */
        private void check(ClientSession client, EngagementSpec spec) throws FaultException {
            policies.check(spec);
            WorkloadRef named = new WorkloadRef(spec.workloadKind(), spec.namespace(), spec.workload());
            rights.mayAttach(client.person(), spec.kind(), named);
        }
    }

    /** @param warnings said before agents come */
    public CreateEngagement(
            EngagementRegistry engagements,
            SidecarConfigs sidecars,
            Workloads workloads,
            AgentInstaller installer,
            AgentReadiness readiness,
            ContainerRestorer restorer,
            InjectionWarnings warnings,
            Limits limits) {
        this.engagements = engagements;
        this.sidecars = sidecars;
        this.workloads = workloads;
        this.installer = installer;
        this.readiness = readiness;
        this.restorer = restorer;
        this.warnings = warnings;
        this.limits = limits;
    }

    /**
     * Blocks until the engagement is active. If it fails, or the thread is interrupted, nothing of it stays: a workload
     * that had no agents before, and that nobody else engages, has none afterwards, nor do its later pods get any.
     *
     * @param limit for the agents to arrive
     */
    public RegisteredEngagement engage(ClientSession client, EngagementSpec spec, Duration limit, Progress progress)
            throws FaultException, InterruptedException {
        spec.check();
        limits.check(client, spec);
        KubernetesWorkload workload = choose(spec);
        WorkloadRef ref = workload.ref();
        limits.policies().check(spec, workload);
        refuseObstacle(workload);
        RegisteredEngagement desired = resolve(client, spec, workload);
        refuseNoPods(workload);
        readiness.refuseBroken(desired, sidecars.desired(ref));
        List<InjectionWarnings.Warning> said = warnings(workload);
        said.forEach(c -> progress.waiting(c.text()));
        RegisteredEngagement reserved = engagements.reserve(client, desired);
        boolean done = false;
        PendingEngagement entered = PendingEngagement.follow(engagements, reserved.id());
        try {
            progress.reserved(reserved);
            sidecars.wantProvisionally(ref);
            installer.ensure(ref, DesiredConfig.of(sidecars, workloads, ref), progress::waiting);
            String podIp = readiness
                    .await(reserved, limit, entered::waits, progress::waiting)
                    .orElseThrow(() -> engagements.gone(reserved.id()).exception());
            readiness.refuseSealed(reserved);
            RegisteredEngagement active = engagements.activate(entered, podIp, lasting(said));
            sidecars.confirm(ref);
            done = true;
            LOG.info("{} on {} is active", active.described(), ref);
            return active;
        } finally {
            if (!done) {
                engagements.abandon(entered);
                giveBack(ref);
            }
            entered.close();
        }
    }

    /** Pods that have been replaced for an engagement that failed are replaced again, in the background. */
    private void giveBack(WorkloadRef workload) {
        // Each has left the registry before it looks: of several that fail together the last one sees nobody.
        if (engagements.all().get().stream().anyMatch(e -> needsAgents(e, workload)) || !sidecars.withdraw(workload)) {
            return;
        }
        Threads.virtual("give-back-" + workload.name(), () -> {
            try {
                installer.ensure(workload, DesiredConfig.of(sidecars, workloads, workload), _ -> {});
            } catch (FaultException e) {
                LOG.warn("agents stay in pods of {}, whose engagement has failed", workload, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static boolean needsAgents(RegisteredEngagement engagement, WorkloadRef workload) {
        return engagement.workload().equals(workload) && engagement.state() != EngagementState.REMOVED;
    }

    /**
     * What a client says of an engagement that it had.
     *
     * @param id it is known by it to programs on the laptop, and to agents
     * @param podIp may be empty
     * @param broken why it did not work then; empty: it worked
     */
    public record Before(String id, String podIp, String broken) {
        private RegisteredEngagement named(RegisteredEngagement had) {
            return had.named(EngagementIds.again(id, had.spec().name()));
        }
    }

    /**
     * Enters again what a client had before this manager was started, under its id if that can be.
     *
     * @throws FaultException UNREACHABLE: the API server could not say whether he may; nothing is entered
     */
    public void restore(ClientSession client, EngagementSpec spec, Before before) throws FaultException {
        String broken = before.broken();
        try {
            spec.check();
            limits.check(client, spec);
            KubernetesWorkload workload = choose(spec);
            limits.policies().check(spec, workload);
            RegisteredEngagement had =
                    before.named(resolve(client, spec, workload)).servedBy(before.podIp());
            engagements.refuseClosed(workload.ref());
            sidecars.confirm(workload.ref());
            engagements.restore(client, broken.isEmpty() ? had : had.with(EngagementState.REMOVED, broken));
            if (had.spec().kind().replacesContainer()) {
                restorer.settle(workload.ref());
            }
        } catch (FaultException e) {
            if (e.fault().kind() == Fault.Kind.UNREACHABLE) {
                throw e;
            }
            LOG.warn("cannot restore \"{}\" of {}: {}", spec.name(), client, e.fault());
            WorkloadRef workload = new WorkloadRef(spec.workloadKind(), spec.namespace(), spec.workload());
            RegisteredEngagement had = before.named(engagement(client, spec, workload, List.of()));
            engagements.restore(
                    client, had.with(EngagementState.REMOVED, e.fault().text()));
        }
    }

    /**
     * Ends an engagement. For a replace it returns when the container is back.
     *
     * @throws FaultException the container is not back in time; it goes on trying
     */
    public void end(RegisteredEngagement engagement) throws FaultException, InterruptedException {
        restorer.end(engagement);
    }

    private void refuseObstacle(KubernetesWorkload workload) throws FaultException {
        Optional<String> obstacle = installer.obstacle(workload);
        if (obstacle.isPresent()) {
            throw Fault.user(workload.ref() + " cannot have a traffic-agent: " + obstacle.get(), "")
                    .exception();
        }
    }

    private static String lasting(List<InjectionWarnings.Warning> warnings) {
        return warnings.stream()
                .filter(InjectionWarnings.Warning::lasting)
                .map(InjectionWarnings.Warning::text)
                .collect(Collectors.joining("; "));
    }

    private List<InjectionWarnings.Warning> warnings(KubernetesWorkload workload) {
        PodTemplateSpec template = workload.template();
        ObjectMeta meta = template.getMetadata() == null ? new ObjectMeta() : template.getMetadata();
        return template.getSpec() == null
                ? List.of()
                : warnings.of(template, sidecars.configFor(workload.ref(), meta, template.getSpec()));
    }

    private static void refuseNoPods(KubernetesWorkload workload) throws FaultException {
        if (workload.replicas() == 0) {
            throw (workload.ref().batch()
                            ? Fault.user(
                                    workload.ref() + " has no running pod to engage",
                                    "It can be engaged while a Job runs")
                            : Fault.user(workload.ref() + " is scaled to zero: there is no pod to engage", ""))
                    .exception();
        }
    }

    private KubernetesWorkload choose(EngagementSpec spec) throws FaultException {
        return new WorkloadSelector(workloads).choose(spec.namespace(), spec.workload(), spec.workloadKind());
    }

    /** What the user wrote, with the container, the ports and the name that come of it. */
    private RegisteredEngagement resolve(ClientSession client, EngagementSpec spec, KubernetesWorkload workload)
            throws FaultException {
        List<EngagedPort> ports = spec.kind().namedByContainer()
                ? List.of()
                : ServicePorts.choose(
                        workload.ref(),
                        sidecars.ports(workload),
                        spec,
                        sidecars.unredirected(workload.ref().namespace()));
        Container container = ContainerSelector.choose(workload, spec, ports);
        if (spec.kind().replacesContainer()) {
            ports = ReplacedPorts.choose(workload.ref(), container, sidecars.ports(workload), spec.ports());
        }
        String remark = spec.filter().takesEverything()
                ? ""
                : FilteredPorts.check(
                        workload.ref(), sidecars.ports(workload), ports, c -> SidecarConfigs.opens(workload, c));
        return engagement(
                        client, spec.about(container.getName(), client.client().namespace()), workload.ref(), ports)
                .with(EngagementState.WAITING, remark);
    }

    private static RegisteredEngagement engagement(
            ClientSession client, EngagementSpec spec, WorkloadRef workload, List<EngagedPort> ports) {
        return new RegisteredEngagement(
                EngagementIds.next(spec.name()),
                spec,
                client,
                client.name(),
                EngagementState.WAITING,
                "",
                workload,
                spec.container(),
                ports,
                "");
    }
}

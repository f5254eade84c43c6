package io.telepresence.manager.sidecar;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.agree.AgentNames;
import io.telepresence.agree.Versions;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.cluster.PodPortNumbers;
import io.telepresence.manager.cluster.PodSecurity;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.sidecar.PortCandidates.Candidate;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which workloads want agents, and how these are configured. */
public final class SidecarConfigs implements DesiredSidecars {
    private static final Set<String> ENABLED = Set.of("enabled", "true");

    private final Workloads workloads;
    private final Settings settings;
    private final ReplacedContainers replaced;
    private final SidecarStates wanted;
    private final VolumeRules volumes;

    /**
     * @param manager where agents reach the manager
     * @param firstPort where an agent listens for the first port it takes over
     */
    public record Settings(ManagerService manager, int firstPort, String logLevel, Shown shown) {
        /** Everything is shown. */
        public Settings(String managerHost, int managerPort, int firstPort, String logLevel) {
            this(managerHost, managerPort, firstPort, logLevel, new Shown(MountPolicies.NONE, List.of(), 0));
        }

        /** The manager is known by its name only. */
        public Settings(String managerHost, int managerPort, int firstPort, String logLevel, Shown shown) {
            this(new ManagerService(managerHost, "", managerPort), firstPort, logLevel, shown);
        }
    }

    /**
     * The manager's Service.
     *
     * @param address for pods that do not ask the cluster's DNS; may be empty
     */
    public record ManagerService(String host, String address, int port) {}

    /**
     * What agents show of the application.
     *
     * @param policies for volumes of pods that do not say it themselves
     * @param withheld names of variables that no client is told
     * @param apiPort where agents answer questions of the application; zero: nowhere
     */
    public record Shown(MountPolicies policies, List<String> withheld, int apiPort) {}

    /** Mount policies alone decide on volumes. */
    public SidecarConfigs(Workloads workloads, Settings settings, ReplacedContainers replaced) {
        this(workloads, settings, replaced, VolumeRules.NONE);
    }

    public SidecarConfigs(Workloads workloads, Settings settings, ReplacedContainers replaced, VolumeRules volumes) {
        this.volumes = volumes;
        this.workloads = workloads;
        this.wanted = new SidecarStates(workloads);
        this.settings = settings;
        this.replaced = replaced;
    }

    /**
     * A pod with an agent is there. Where nothing is known of its workload, its later pods get one too.
     *
     * @param dismissed the pod itself says that its agent is to go
     */
    public void found(WorkloadRef workload, boolean dismissed) {
        wanted.found(workload, dismissed);
    }

    /** New pods get an agent, for an engagement that may fail: {@link #withdraw} takes it back. */
    public void wantProvisionally(WorkloadRef workload) {
        wanted.provisionally(workload);
    }

    /** An engagement of the workload works: its agents stay after it. */
    public void confirm(WorkloadRef workload) {
        wanted.confirm(workload);
    }

    /** @return false: there is nothing provisional to take back */
    public boolean withdraw(WorkloadRef workload) {
        return wanted.withdraw(workload);
    }

    /** New pods of the workload get no agent until it is engaged again. */
    public void dismiss(WorkloadRef workload) {
        wanted.dismiss(workload);
    }

    @Override
    public boolean desired(WorkloadRef workload) {
        return wanted.wanted(workload)
                || workloads.get(workload).filter(SidecarConfigs::asksItself).isPresent();
    }

    @Override
    public boolean desired(WorkloadRef workload, String uid) {
        return wanted.wanted(workload, uid);
    }

    /** Whether the pod template has an agent, or asks for one, whatever anybody engages. */
    public static boolean asksItself(KubernetesWorkload workload) {
        ObjectMeta meta = workload.template().getMetadata();
        boolean written = workload.template().getSpec() != null
                && PodContainers.agent(workload.template().getSpec()).isPresent();
        return written
                || meta != null && ENABLED.contains(PodAnnotations.of(meta).text(AgentNames.INJECT));
    }

    @Override
    public AgentConfig configFor(WorkloadRef workload, ObjectMeta pod, PodSpec spec) {
        VolumeRules.Limits limits = volumes.of(workload);
        AgentConfig.Builder config = AgentConfig.newBuilder();
        if (!limits.equals(VolumeRules.Limits.NONE)) {
            config.setVolumeLimits(limits.toWire());
        }
        return config.setWorkload(workload.name())
                .setWorkloadKind(workload.kind())
                .setNamespace(workload.namespace())
                .setManagerHost(settings.manager().host())
                .setManagerAddress(settings.manager().address())
                .setManagerPort(settings.manager().port())
                .setLogLevel(settings.logLevel())
                .setAgentVersion(Versions.VERSION)
                .addAllContainers(containers(workload, pod, spec, limits))
                .addAllEnvironmentExcluded(settings.shown().withheld())
                .setApiPort(settings.shown().apiPort())
                .setGraceSeconds(grace(spec))
                .build();
    }

    private static int grace(PodSpec spec) {
        Long seconds = spec.getTerminationGracePeriodSeconds();
        return seconds == null ? 0 : Math.clamp(seconds, 1, Integer.MAX_VALUE);
    }

    private List<AgentContainer> containers(
            WorkloadRef workload, ObjectMeta pod, PodSpec spec, VolumeRules.Limits limits) {
        PodAnnotations annotations = PodAnnotations.of(pod);
        SidecarConfigBuilder builder = new SidecarConfigBuilder(
                spec,
                settings.shown().policies().with(annotations),
                new TlsAnnotations(annotations),
                replaced.of(workload),
                workloads
                        .namespace(workload.namespace())
                        .filter(PodSecurity::admitsRoot)
                        .isPresent(),
                limits);
        boolean redirects = unredirected(workload.namespace()).isEmpty();
        Set<Integer> taken = PodPortNumbers.written(pod, spec);
        taken.addAll(List.of(AgentNames.READY_PORT, settings.shown().apiPort()));
        return builder.containers(
                ports(workload.namespace(), pod, spec).stream()
                        .filter(port -> redirects || !port.redirect())
                        .toList(),
                settings.firstPort(),
                taken);
    }

    /**
     * Why no port of pods there can be redirected: agents have no init container then, so that their other ports can be
     * engaged. Empty: they can, or nobody knows.
     */
    public Optional<String> unredirected(String namespace) {
        return workloads
                .namespace(namespace)
                .flatMap(PodSecurity::withoutNetAdmin)
                .map(clause -> "namespace " + namespace + " allows none: " + clause);
    }

    /** The ports by which the workload's pods can be engaged. */
    public List<Candidate> ports(KubernetesWorkload workload) {
        ObjectMeta meta = workload.template().getMetadata();
        PodSpec spec = workload.template().getSpec();
        return spec == null
                ? List.of()
                : ports(workload.ref().namespace(), meta == null ? new ObjectMeta() : meta, spec);
    }

    /** Whether the pod template gives agents a certificate with which they open the TLS of that port. */
    public static boolean opens(KubernetesWorkload workload, Candidate port) {
        ObjectMeta meta = workload.template().getMetadata();
        return meta != null
                && new TlsAnnotations(PodAnnotations.of(meta))
                        .source(TlsAnnotations.Side.DOWNSTREAM, SidecarConfigBuilder.names(List.of(port)))
                        .isPresent();
    }

    private List<Candidate> ports(String namespace, ObjectMeta pod, PodSpec spec) {
        Map<String, String> labels = pod.getLabels() == null ? Map.of() : pod.getLabels();
        return PortCandidates.of(pod, spec, workloads.servicesSelecting(namespace, labels));
    }
}

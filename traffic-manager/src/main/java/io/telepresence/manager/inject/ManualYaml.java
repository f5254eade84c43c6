package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobTemplateSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.KubernetesWorkload;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.sidecar.DesiredSidecars;
import io.telepresence.manager.sidecar.SidecarAnnotation;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The parts of a pod with an agent as YAML, for those who write agents into their pod templates. Any thread. */
public final class ManualYaml {
    private static final String IMAGE = "agentImage";
    private static final String SIDECAR = "sidecar";
    private static final String OUR_VOLUMES = "tel-agent-";
    private static final Set<String> OURS = Set.of(AgentNames.CONTAINER, AgentNames.INIT_CONTAINER);
    private static final List<String> LEVELS = List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE");

    private final InjectorSettings settings;
    private final DesiredSidecars sidecars;
    private final Workloads workloads;
    private final KubernetesSerialization yaml = new KubernetesSerialization();

    /** Which part. */
    public enum What {
        CONFIG,
        CONTAINER,
        INIT_CONTAINER,
        ANNOTATIONS,
        VOLUME
    }

    /**
     * @param workload name of one in the cluster; empty: {@code input} has it as YAML
     * @param agentConfig what CONFIG gave before
     * @param options agent-image, agent-port, loglevel, manager-port; sidecar: native or container
     */
    public record Question(
            What what,
            String namespace,
            String workload,
            String input,
            String agentConfig,
            Map<String, String> options) {}

    private record Template(WorkloadRef ref, ObjectMeta meta, io.fabric8.kubernetes.api.model.PodSpec spec) {}

    public ManualYaml(InjectorSettings settings, DesiredSidecars sidecars, Workloads workloads) {
        this.settings = settings;
        this.sidecars = sidecars;
        this.workloads = workloads;
    }

    /** @throws FaultException something in it cannot be read, or there is no such workload */
    public String answer(Question question) throws FaultException {
        if (question.what() == What.CONFIG) {
            return config(question);
        }
        Map<String, Object> written = map(question.agentConfig());
        AgentConfig config = SidecarAnnotation.parse(yaml.asJson(written))
                .orElseThrow(() -> unreadable().exception());
        Template template = template(question, config);
        String image =
                Objects.toString(written.get(IMAGE), settings.sidecar().image().name());
        Pod before = pod(template);
        SidecarForm form = form(question, template.ref());
        Pod after = new SidecarInjector(look(image, form)).inject(before, config);
        return switch (question.what()) {
            case CONFIG -> throw new IllegalStateException("answered above");
            case CONTAINER -> container(after);
            case INIT_CONTAINER -> yaml.asYaml(named(after.getSpec().getInitContainers(), AgentNames.INIT_CONTAINER));
            case ANNOTATIONS -> yaml.asYaml(Map.of(AgentNames.CONFIG, annotation(after)));
            case VOLUME -> yaml.asYaml(added(before, after));
        };
    }

    private String config(Question question) throws FaultException {
        Template template = template(question, AgentConfig.getDefaultInstance());
        Pod pod = pod(template);
        AgentConfig config = sidecars.configFor(template.ref(), pod.getMetadata(), pod.getSpec());
        Map<String, Object> written =
                new LinkedHashMap<>(map(SidecarAnnotation.text(changed(config, question.options()))));
        String image = question.options().getOrDefault("agent-image", "");
        if (!image.isEmpty()) {
            written.put(IMAGE, image);
        }
        return yaml.asYaml(written);
    }

    private static AgentConfig changed(AgentConfig config, Map<String, String> options) throws FaultException {
        AgentConfig.Builder changed = config.toBuilder();
        String level = options.getOrDefault("loglevel", "").toUpperCase(Locale.ROOT);
        if (!level.isEmpty()) {
            if (!LEVELS.contains(level)) {
                throw Fault.user(level + " is not a log level", "Levels are " + String.join(", ", LEVELS))
                        .exception();
            }
            changed.setLogLevel(level);
        }
        if (options.containsKey("manager-port")) {
            changed.setManagerPort(port(options.get("manager-port")));
        }
        if (options.containsKey("agent-port")) {
            move(changed, port(options.get("agent-port")));
        }
        return changed.build();
    }

    /** The agent's ports begin there; those of a container in whose place it stands are the container's. */
    private static void move(AgentConfig.Builder config, int first) {
        int before = ports(config)
                .filter(p -> p.getAgentPort() != p.getContainerPort())
                .mapToInt(AgentPort::getAgentPort)
                .min()
                .orElse(first);
        for (AgentContainer.Builder container : config.getContainersBuilderList()) {
            container.getPortsBuilderList().stream()
                    .filter(p -> p.getAgentPort() != p.getContainerPort())
                    .forEach(p -> p.setAgentPort(p.getAgentPort() - before + first));
        }
    }

    private static Stream<AgentPort> ports(AgentConfig.Builder config) {
        return config.getContainersList().stream().flatMap(c -> c.getPortsList().stream());
    }

    private static int port(String text) throws FaultException {
        int port = text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
        if (port < 1 || port > 65535) {
            throw Fault.user(text + " is not a port number", "").exception();
        }
        return port;
    }

    private Template template(Question question, AgentConfig config) throws FaultException {
        if (!question.input().isBlank()) {
            return ofInput(question);
        }
        String name = question.workload().isEmpty() ? config.getWorkload() : question.workload();
        String namespace = config.getNamespace().isEmpty() ? question.namespace() : config.getNamespace();
        if (name.isEmpty()) {
            throw Fault.user("a workload is missing", "Name one, or give one as YAML")
                    .exception();
        }
        List<KubernetesWorkload> found = workloads.in(namespace).stream()
                .filter(w -> w.ref().name().equals(name))
                .filter(w ->
                        config.getWorkloadKind().isEmpty() || w.ref().kind().equals(config.getWorkloadKind()))
                .toList();
        if (found.size() != 1) {
            String problem = found.isEmpty() ? "found no workload named " : "there are several workloads named ";
            throw Fault.user(problem + name + " in namespace " + namespace, "").exception();
        }
        return template(found.getFirst().ref(), found.getFirst().template());
    }

    private Template ofInput(Question question) throws FaultException {
        HasMetadata object;
        try {
            object = yaml.unmarshal(question.input());
        } catch (RuntimeException e) {
            throw Fault.user("the input is not a workload in YAML", "").exception(e);
        }
        PodTemplateSpec template =
                switch (object) {
                    case Deployment d when d.getSpec() != null -> d.getSpec().getTemplate();
                    case ReplicaSet r when r.getSpec() != null -> r.getSpec().getTemplate();
                    case StatefulSet s when s.getSpec() != null -> s.getSpec().getTemplate();
                    case Job j when j.getSpec() != null -> j.getSpec().getTemplate();
                    case CronJob c when c.getSpec() != null -> ofCronJob(c);
                    case io.fabric8.kubernetes.api.model.batch.v1beta1.CronJob c
                    when c.getSpec() != null -> ofCronJob(yaml.convertValue(c, CronJob.class));
                    case null, default ->
                        throw Fault.user("the input is not a Deployment, ReplicaSet, StatefulSet, Job or CronJob", "")
                                .exception();
                };
        String namespace = object.getMetadata().getNamespace();
        return template(
                new WorkloadRef(
                        object.getKind(),
                        namespace == null ? question.namespace() : namespace,
                        object.getMetadata().getName()),
                template);
    }

    private static PodTemplateSpec ofCronJob(CronJob job) {
        JobTemplateSpec template = job.getSpec().getJobTemplate();
        return template == null || template.getSpec() == null
                ? null
                : template.getSpec().getTemplate();
    }

    private static Template template(WorkloadRef ref, PodTemplateSpec template) throws FaultException {
        if (template == null || template.getSpec() == null) {
            throw Fault.user(ref + " has no pod template", "").exception();
        }
        return new Template(
                ref, template.getMetadata() == null ? new ObjectMeta() : template.getMetadata(), template.getSpec());
    }

    /** A pod of that template, without an agent that is in it already. */
    private static Pod pod(Template template) {
        return new PodBuilder()
                .withMetadata(template.meta())
                .withSpec(template.spec())
                .editSpec()
                .removeMatchingFromContainers(c -> AgentNames.CONTAINER.equals(c.getName()))
                .removeMatchingFromInitContainers(c -> OURS.contains(c.getName()))
                .removeMatchingFromVolumes(
                        v -> v.getName() != null && v.getName().startsWith(OUR_VOLUMES))
                .endSpec()
                .build();
    }

    /** By default the one that is right on every cluster; a Job can complete beside a native sidecar only. */
    private SidecarForm form(Question question, WorkloadRef workload) throws FaultException {
        String usual = workload.batch() ? "native" : "container";
        String form = question.options().getOrDefault(SIDECAR, usual).toUpperCase(Locale.ROOT);
        if (workload.batch() && form.equals(SidecarForm.CONTAINER.name())) {
            throw Fault.user(workload + " would never complete with an agent that is not a native sidecar", "")
                    .exception();
        }
        for (SidecarForm known : SidecarForm.values()) {
            if (known.name().equals(form)) {
                return known;
            }
        }
        throw Fault.user(
                        "the agent's form is native or container, not "
                                + question.options().get(SIDECAR),
                        "")
                .exception();
    }

    /** Where it belongs is not to be seen from the container itself. */
    private String container(Pod pod) throws FaultException {
        Container agent = PodContainers.agent(pod.getSpec()).orElseThrow();
        String place = PodContainers.hasNativeAgent(pod.getSpec())
                ? "# a native sidecar: the last of spec.initContainers\n"
                : "";
        return place + yaml.asYaml(agent);
    }

    private InjectorSettings.Sidecar look(String image, SidecarForm form) throws FaultException {
        InjectorSettings.Sidecar look = settings.sidecar();
        return new InjectorSettings.Sidecar(
                new InjectorSettings.Image(
                        image, look.image().pullPolicy(), look.image().pullSecrets()),
                look.resources(),
                look.securityContext(),
                look.init().renaming(),
                new SidecarForms(SidecarForms.Setting.valueOf(form.name()), Optional.empty())
                        .on(look.forms().server()));
    }

    private static Container named(List<Container> containers, String name) throws FaultException {
        return containers.stream()
                .filter(c -> name.equals(c.getName()))
                .findFirst()
                .orElseThrow(() -> Fault.user(
                                "this agent needs no container " + name,
                                "An init container is needed only where packets have to be redirected")
                        .exception());
    }

    private static String annotation(Pod pod) {
        return pod.getMetadata().getAnnotations().get(AgentNames.CONFIG);
    }

    private static List<Volume> added(Pod before, Pod after) {
        List<String> known =
                before.getSpec().getVolumes().stream().map(Volume::getName).toList();
        return after.getSpec().getVolumes().stream()
                .filter(v -> !known.contains(v.getName()))
                .toList();
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> map(String text) throws FaultException {
        try {
            Map<String, Object> map = yaml.unmarshal(text, Map.class);
            if (map != null) {
                return map;
            }
        } catch (RuntimeException e) {
            throw unreadable().exception(e);
        }
        throw unreadable().exception();
    }

    private static Fault unreadable() {
        return Fault.user("the agent's configuration cannot be read", "Make it with: telepresence genyaml config");
    }
}

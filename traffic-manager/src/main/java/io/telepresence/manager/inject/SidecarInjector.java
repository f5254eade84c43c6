package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.sidecar.SidecarAnnotation;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Puts an agent into a pod. Pure: the pod that is handed in stays as it is. */
public record SidecarInjector(InjectorSettings.Sidecar look) {
    private static final int LONGEST_LABEL = 63;

    /**
     * What of a configuration can be had in that pod: named ports are redirected like the others where that can be, and
     * without init container there are no redirected ports.
     */
    public AgentConfig possible(Pod pod, AgentConfig wish) {
        return possible(
                wish,
                look.forms().of(wish),
                look.init().enabled() && look.init().named().redirected(pod, wish.getNamespace()));
    }

    /** @param all named ports are redirected, too */
    private AgentConfig possible(AgentConfig wish, SidecarForm form, boolean all) {
        boolean nameless = form == SidecarForm.NATIVE && !look.forms().findsNamedPorts();
        if (look.init().enabled() && !nameless && !all) {
            return wish;
        }
        AgentConfig.Builder less = wish.toBuilder().clearContainers();
        for (AgentContainer container : wish.getContainersList()) {
            boolean led = (nameless || all) && !container.getReplaced();
            less.addContainers(container.toBuilder()
                    .clearPorts()
                    .addAllPorts(container.getPortsList().stream()
                            .map(p -> led ? p.toBuilder().setRedirect(true).build() : p)
                            .filter(p -> look.init().enabled() || !p.getRedirect())
                            .toList()));
        }
        return less.build();
    }

    /** The pod with an agent of that configuration. A pod that has an agent already comes back as it is. */
    public Pod inject(Pod pod, AgentConfig wish) {
        if (Pods.hasAgent(pod)) {
            return pod;
        }
        SidecarForm form = look.forms().of(wish);
        AgentConfig config = DirectPorts.assigned(possible(pod, wish), pod.getMetadata(), pod.getSpec()).toBuilder()
                .setNarrowNames(look.forms().narrowNames() && hasUnknownNames(pod.getSpec()))
                .build();
        Pod changed = annotated(pod, config);
        PodSpec spec = changed.getSpec();
        SidecarContainers containers = new SidecarContainers(look, pod, config);
        List<ContainerPort> ports = new AgentPorts(pod.getSpec(), config).all();
        takeOver(spec, ports);
        DirectPorts.lead(spec, config);
        if (ports(config).anyMatch(AgentPort::getRedirect)) {
            spec.getInitContainers().add(DirectPorts.neededBy(spec, config), containers.init());
        }
        form.place(spec, containers.agent(ports));
        spec.getVolumes().addAll(containers.volumes());
        ContainerReplacement.apply(changed, config);
        AgentApiEnvironment.announce(spec, config.getApiPort());
        addPullSecrets(spec, look.image());
        return changed;
    }

    /** A pod with an agent, of which others have changed the containers since. Where nothing is new it comes back as it is. */
    public static Pod refreshed(Pod pod, AgentConfig now) {
        return SidecarAnnotation.of(pod)
                .map(old -> new SidecarRefresh(pod, old, now).refreshed())
                .orElse(pod);
    }

    /** Whether the pod is up to date, as {@link SidecarAnnotation#upToDate} says, with what of that configuration can be had in it. */
    public boolean serves(Pod pod, AgentConfig wish) {
        if (!Pods.hasAgent(pod)) {
            return false;
        }
        return SidecarAnnotation.upToDate(pod, possible(wish, SidecarForm.of(pod.getSpec()), false));
    }

    /** Whether there are variables whose names only the kubelet learns. */
    private static boolean hasUnknownNames(PodSpec spec) {
        return PodContainers.application(spec).stream()
                .anyMatch(c -> !c.getEnvFrom().isEmpty());
    }

    private static Pod annotated(Pod pod, AgentConfig config) {
        return new PodBuilder(pod)
                .editMetadata()
                .addToAnnotations(AgentNames.CONFIG, SidecarAnnotation.text(config))
                .addToLabels(AgentNames.WORKLOAD_NAME_LABEL, label(config.getWorkload()))
                .addToLabels(AgentNames.WORKLOAD_KIND_LABEL, config.getWorkloadKind())
                .addToLabels(AgentNames.WORKLOAD_ENABLED_LABEL, "true")
                .endMetadata()
                .build();
    }

    private static void takeOver(PodSpec spec, List<ContainerPort> ports) {
        PortTakeover takeover = new PortTakeover(spec);
        ports.stream().filter(p -> p.getName() != null).forEach(p -> takeover.free(p.getName(), p.getProtocol()));
    }

    private static Stream<AgentPort> ports(AgentConfig config) {
        return config.getContainersList().stream().flatMap(c -> c.getPortsList().stream());
    }

    /** Those of the agent's image; a pod that has them stays as it is. */
    static void addPullSecrets(PodSpec spec, InjectorSettings.Image image) {
        List<LocalObjectReference> secrets = new ArrayList<>(spec.getImagePullSecrets());
        image.pullSecrets().stream().filter(s -> !secrets.contains(s)).forEach(secrets::add);
        spec.setImagePullSecrets(secrets);
    }

    private static String label(String value) {
        String head = value.substring(0, Math.min(LONGEST_LABEL, value.length()));
        return head.replaceAll("[^A-Za-z0-9]+$", "");
    }
}

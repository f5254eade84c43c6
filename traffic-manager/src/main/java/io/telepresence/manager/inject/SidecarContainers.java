package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.sidecar.PodAnnotations;
import io.telepresence.manager.sidecar.TlsAnnotations;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import java.util.ArrayList;
import java.util.List;

/**
 * The containers and volumes that the agent adds to a pod. Pure.
 *
 * @param pod without agent
 */
record SidecarContainers(InjectorSettings.Sidecar look, Pod pod, AgentConfig config) {
    private static final String CONFIG_VOLUME = "tel-agent-config";
    private static final String TOKEN_VOLUME = "tel-agent-token";
    private static final String TMP_VOLUME = "tel-agent-tmp";

    /** How long a token is good for; the kubelet renews it before that. */
    private static final long TOKEN_SECONDS = 3600;

    Container agent(List<ContainerPort> ports) {
        AppCopies copies = new AppCopies(pod.getSpec(), config);
        return base(AgentNames.CONTAINER, "agent")
                .addAllToEnv(copies.env())
                .withEnvFrom(copies.envFrom())
                .withPorts(ports)
                .withResources(new AgentResources(pod.getSpec()).of(look.resources()))
                .withSecurityContext(agentSecurity())
                .addToVolumeMounts(mount(TOKEN_VOLUME, AgentNames.TOKEN_DIR, true), mount(TMP_VOLUME, "/tmp", false))
                .addAllToVolumeMounts(certificates().mounts())
                .addAllToVolumeMounts(copies.mounts())
                // No startup probe: what comes after a native sidecar waits for nothing but its process.
                .withNewReadinessProbe()
                .withNewHttpGet()
                .withPath(AgentNames.READY_PATH)
                .withNewPort(AgentNames.READY_PORT)
                .endHttpGet()
                .withPeriodSeconds(1)
                .withTimeoutSeconds(2)
                .withFailureThreshold(unreadyAfter())
                .endReadinessProbe()
                .build();
    }

    /**
     * How many probes in a row fail until the pod leaves its Services: longer than an agent that was killed is away on a busy
     * machine, since its callers wait and are not refused. Where the agent stands in place of a container, somebody must be
     * there to take the traffic, and it is soon known that nobody is.
     */
    private int unreadyAfter() {
        return config.getContainersList().stream().anyMatch(AgentContainer::getReplaced) ? 5 : 15;
    }

    /**
     * Sets packet redirection up, after the init containers of the application: what comes from outside to one of these
     * while it runs still reaches it. Only a native sidecar that is probed at a direct port comes after it.
     */
    Container init() {
        SecurityContext given = look.init().securityContext();
        return base(AgentNames.INIT_CONTAINER, "agent-init")
                .withResources(
                        new AgentResources(pod.getSpec()).ofInit(look.init().resources(), look.resources()))
                .withSecurityContext(given == null ? networkAdmin() : given)
                .addToVolumeMounts(mount(TMP_VOLUME, "/tmp", false))
                .build();
    }

    List<Volume> volumes() {
        List<Volume> volumes = new ArrayList<>(own());
        volumes.addAll(certificates().volumes());
        return volumes;
    }

    private TlsVolumes certificates() {
        return new TlsVolumes(pod.getSpec(), config, new TlsAnnotations(PodAnnotations.of(pod.getMetadata())));
    }

    private static List<Volume> own() {
        return List.of(
                new VolumeBuilder()
                        .withName(CONFIG_VOLUME)
                        .withNewDownwardAPI()
                        .addNewItem()
                        .withPath("config")
                        .withNewFieldRef("v1", "metadata.annotations['" + AgentNames.CONFIG + "']")
                        .endItem()
                        .endDownwardAPI()
                        .build(),
                new VolumeBuilder()
                        .withName(TOKEN_VOLUME)
                        .withNewProjected()
                        .addNewSource()
                        .withNewServiceAccountToken()
                        .withAudience(AgentNames.AUDIENCE)
                        .withExpirationSeconds(TOKEN_SECONDS)
                        .withPath("token")
                        .endServiceAccountToken()
                        .endSource()
                        .endProjected()
                        .build(),
                new VolumeBuilder()
                        .withName(TMP_VOLUME)
                        .withNewEmptyDir()
                        .endEmptyDir()
                        .build());
    }

    private ContainerBuilder base(String name, String role) {
        return new ContainerBuilder()
                .withName(name)
                .withImage(look.image().name())
                .withImagePullPolicy(look.image().pullPolicy())
                .withArgs(role)
                .withEnv(
                        fromPod(AgentNames.ENV_POD_IP, "status.podIP"),
                        fromPod(AgentNames.ENV_POD_NAME, "metadata.name"),
                        fromPod(AgentNames.ENV_POD_UID, "metadata.uid"),
                        fromPod(AgentNames.ENV_POD_NAMESPACE, "metadata.namespace"))
                .withVolumeMounts(mount(CONFIG_VOLUME, AgentNames.CONFIG_DIR, true));
    }

    private SecurityContext agentSecurity() {
        return look.securityContext() == null
                ? new AgentSecurity(pod.getSpec(), config).context()
                : look.securityContext();
    }

    private static SecurityContext networkAdmin() {
        return new SecurityContextBuilder()
                .withRunAsUser(0L)
                .withRunAsGroup(0L)
                .withRunAsNonRoot(false)
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withAdd("NET_ADMIN", "NET_RAW")
                .withDrop("ALL")
                .endCapabilities()
                .build();
    }

    private static EnvVar fromPod(String name, String field) {
        return new EnvVarBuilder()
                .withName(name)
                .withNewValueFrom()
                .withNewFieldRef("v1", field)
                .endValueFrom()
                .build();
    }

    private static VolumeMount mount(String volume, String path, boolean readOnly) {
        return new VolumeMountBuilder()
                .withName(volume)
                .withMountPath(path)
                .withReadOnly(readOnly ? true : null)
                .build();
    }
}

package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.rollout.PodTurns;
import java.time.Duration;

/**
 * Makes a new pod wait until the traffic-manager lets it go ({@link PodTurns}): by a scheduling gate, which costs nothing and
 * leaves nothing behind; where the API server has none, or the pod names its node, by a first init container with the
 * agent's image. Pure.
 */
public record PodHolding(InjectorSettings.Sidecar look) {
    /** With a waiting container: so long after the last word of a traffic-manager the pod begins all the same. */
    static final Duration ALONE = Duration.ofSeconds(30);

    private static final String VOLUME = "tel-agent-wait";

    /** Counts from the last change of the file, by its own clock. */
    private static final String WAIT =
            """
            b=/bin/busybox said= since=$($b date +%s)
            while now=$($b cat FILE) && [ -n "$now" ]; do
              t=$($b date +%s)
              [ "$now" = "$said" ] || { said=$now; since=$t; }
              [ $((t - since)) -lt LIMIT ] || exit 0
              $b sleep 0.3
            done
            """
                    .replace("FILE", AgentNames.WAIT_DIR + "/waiting")
                    .replace("LIMIT", Long.toString(ALONE.toSeconds()));

    /**
     * @param posted as its controller has made it
     * @param changed the same with all else that is to be changed
     * @param now seconds of Unix time
     */
    public Pod held(Pod posted, Pod changed, long now) {
        Pod pod = new PodBuilder(changed)
                .editMetadata()
                .addToAnnotations(AgentNames.WAITING, Long.toString(now))
                .endMetadata()
                .build();
        if (byGate(posted)) {
            return new PodBuilder(pod)
                    .editSpec()
                    .addNewSchedulingGate(AgentNames.GATE)
                    .endSpec()
                    .build();
        }
        pod.getSpec().getInitContainers().addFirst(container(posted.getSpec()));
        pod.getSpec()
                .getVolumes()
                .add(new VolumeBuilder()
                        .withName(VOLUME)
                        .withNewDownwardAPI()
                        .addNewItem()
                        .withPath("waiting")
                        .withNewFieldRef("v1", "metadata.annotations['" + AgentNames.WAITING + "']")
                        .endItem()
                        .endDownwardAPI()
                        .build());
        SidecarInjector.addPullSecrets(pod.getSpec(), look.image());
        return pod;
    }

    /** Whether nothing is needed for it but the API server. */
    public boolean byGate(Pod posted) {
        String node = posted.getSpec().getNodeName();
        return look.forms().knowsGates() && (node == null || node.isEmpty());
    }

    private Container container(PodSpec spec) {
        SecurityContext like =
                look.securityContext() == null ? AgentSecurity.ofWaiting(spec).context() : look.securityContext();
        return new ContainerBuilder()
                .withName(AgentNames.WAIT_CONTAINER)
                .withImage(look.image().name())
                .withImagePullPolicy(look.image().pullPolicy())
                .withCommand("/bin/busybox", "sh", "-c", WAIT)
                .withResources(new AgentResources(spec).ofInit(look.init().resources(), look.resources()))
                .withSecurityContext(like)
                .addNewVolumeMount()
                .withName(VOLUME)
                .withMountPath(AgentNames.WAIT_DIR)
                .withReadOnly(true)
                .endVolumeMount()
                .build();
    }
}

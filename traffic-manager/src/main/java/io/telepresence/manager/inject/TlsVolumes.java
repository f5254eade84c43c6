package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.sidecar.TlsAnnotations;
import io.telepresence.manager.sidecar.TlsAnnotations.Source;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The certificates that annotations name, in the agent's container. A secret that does not exist keeps no pod from
 * starting. Whether clients see the volume of a path is another matter: see mount policies. Pure.
 *
 * @param spec with all containers, those that are to be replaced included
 */
record TlsVolumes(PodSpec spec, AgentConfig config, TlsAnnotations annotations) {
    private static final String NAME = "tel-tls-";

    List<Volume> volumes() {
        List<Volume> volumes = new ArrayList<>();
        for (Source source : annotations.sources()) {
            if (source.path().isEmpty() && user(source).isPresent()) {
                volumes.add(new VolumeBuilder()
                        .withName(NAME + volumes.size())
                        .withNewSecret()
                        .withSecretName(source.secret())
                        .withOptional(true)
                        .endSecret()
                        .build());
            }
        }
        return volumes;
    }

    List<VolumeMount> mounts() {
        List<VolumeMount> mounts = new ArrayList<>();
        int secrets = 0;
        for (Source source : annotations.sources()) {
            Optional<AgentContainer> user = user(source);
            if (user.isEmpty()) {
                continue;
            }
            VolumeMountBuilder mount = source.path().isEmpty()
                    ? new VolumeMountBuilder().withName(NAME + secrets++)
                    : new VolumeMountBuilder(
                            source.mountIn(container(user.get())).orElseThrow());
            if (mount.getSubPathExpr() != null) {
                mount.withSubPathExpr(AppCopies.expression(container(user.get()), user.get(), mount.getSubPathExpr()));
            }
            mounts.add(mount.withMountPath(source.root())
                    .withReadOnly(true)
                    .withMountPropagation(null)
                    .build());
        }
        return mounts;
    }

    /** The container with the port that uses it. */
    private Optional<AgentContainer> user(Source source) {
        return config.getContainersList().stream()
                .filter(c -> c.getPortsList().stream().anyMatch(p -> uses(p, source)))
                .filter(c ->
                        PodContainers.running(spec).anyMatch(s -> s.getName().equals(c.getName())))
                .findFirst();
    }

    private Container container(AgentContainer plan) {
        return PodContainers.running(spec)
                .filter(c -> c.getName().equals(plan.getName()))
                .findFirst()
                .orElseThrow();
    }

    private static boolean uses(AgentPort port, Source source) {
        return within(port.getDownstreamTlsDir(), source.root()) || within(port.getUpstreamTlsDir(), source.root());
    }

    private static boolean within(String dir, String root) {
        return dir.equals(root) || dir.startsWith(root + "/");
    }
}

package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvFromSourceBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.sidecar.MountPolicies;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentMount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What an agent's container has of the application's containers: their environments, each under its own prefix, and
 * their volumes. The kubelet fills in what comes from ConfigMaps, Secrets and the pod; nobody else sees it. Pure.
 *
 * @param spec with all containers, those that are to be replaced included
 */
record AppCopies(PodSpec spec, AgentConfig config) {
    /** In the containers' order, so that references lead backwards as in the originals. */
    List<EnvVar> env() {
        return each((container, plan) -> {
            List<EnvVar> copies = new ArrayList<>();
            for (EnvVar variable : container.getEnv()) {
                if (!AgentApiEnvironment.PORT.equals(variable.getName())) {
                    copies.add(copy(container, plan, variable));
                }
            }
            return copies;
        });
    }

    List<EnvFromSource> envFrom() {
        return each((container, plan) -> container.getEnvFrom().stream()
                .map(source -> new EnvFromSourceBuilder(source)
                        .withPrefix(plan.getEnvPrefix() + (source.getPrefix() == null ? "" : source.getPrefix()))
                        .build())
                .toList());
    }

    List<VolumeMount> mounts() {
        return each((container, plan) -> {
            Map<String, AgentMount> served = plan.getMountsList().stream()
                    .filter(m -> !m.getLocal())
                    .collect(Collectors.toMap(AgentMount::getPath, Function.identity(), (one, _) -> one));
            List<VolumeMount> copies = new ArrayList<>();
            for (VolumeMount mount : container.getVolumeMounts()) {
                AgentMount wanted = served.remove(MountPolicies.path(mount.getMountPath()));
                if (wanted != null) {
                    copies.add(copy(container, plan, mount, wanted));
                }
            }
            return copies;
        });
    }

    private interface Copy<T> {
        List<T> of(Container container, AgentContainer plan);
    }

    private <T> List<T> each(Copy<T> copy) {
        List<T> all = new ArrayList<>();
        for (AgentContainer plan : config.getContainersList()) {
            PodContainers.application(spec).stream()
                    .filter(c -> c.getName().equals(plan.getName()))
                    .filter(_ -> !plan.getEnvPrefix().isEmpty())
                    .findFirst()
                    .ifPresent(container -> all.addAll(copy.of(container, plan)));
        }
        return all;
    }

    private static EnvVar copy(Container container, AgentContainer plan, EnvVar variable) {
        String prefix = plan.getEnvPrefix();
        EnvVarBuilder copy = new EnvVarBuilder(variable).withName(prefix + variable.getName());
        if (variable.getValue() != null) {
            // Which of them lead anywhere only the kubelet knows; the agent puts back what it leaves.
            copy.withValue(EnvironmentReferences.prefixed(variable.getValue(), prefix, _ -> true));
        }
        ResourceFieldSelector field =
                variable.getValueFrom() == null ? null : variable.getValueFrom().getResourceFieldRef();
        boolean itsOwn = field != null
                && (field.getContainerName() == null || field.getContainerName().isEmpty());
        return itsOwn
                ? copy.editValueFrom()
                        .editResourceFieldRef()
                        .withContainerName(container.getName())
                        .endResourceFieldRef()
                        .endValueFrom()
                        .build()
                : copy.build();
    }

    private static VolumeMount copy(Container container, AgentContainer plan, VolumeMount mount, AgentMount wanted) {
        VolumeMountBuilder copy = new VolumeMountBuilder(mount)
                .withMountPath(AgentNames.APP_MOUNTS + "/" + container.getName() + wanted.getPath())
                .withMountPropagation(null)
                .withReadOnly(wanted.getReadOnly() ? Boolean.TRUE : mount.getReadOnly());
        if (mount.getSubPathExpr() != null && !mount.getSubPathExpr().isEmpty()) {
            copy.withSubPathExpr(expression(container, plan, mount.getSubPathExpr()));
        }
        return copy.build();
    }

    /** A sub path with references to the container's variables, for the agent's container. */
    static String expression(Container container, AgentContainer plan, String subPath) {
        return EnvironmentReferences.prefixed(subPath, plan.getEnvPrefix(), own(container));
    }

    private static Predicate<String> own(Container container) {
        Set<String> declared = container.getEnv().stream().map(EnvVar::getName).collect(Collectors.toSet());
        return EnvironmentReferences.own(declared, !container.getEnvFrom().isEmpty());
    }
}

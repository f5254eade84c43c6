package io.telepresence.manager.sidecar;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The annotation {@link AgentNames#CONFIG} of a pod: the configuration that its agent reads. Nothing else in the manager
 * reads or writes it. Fields that another version has added are skipped. Pure.
 */
public final class SidecarAnnotation {
    private SidecarAnnotation() {}

    /** Empty where there is none that can be read. */
    public static Optional<AgentConfig> of(Pod pod) {
        return parse(Pods.annotations(pod).getOrDefault(AgentNames.CONFIG, ""));
    }

    /** Of a pod template; may be null. */
    public static Optional<AgentConfig> of(ObjectMeta template) {
        Map<String, String> annotations = template == null ? null : template.getAnnotations();
        return annotations == null ? Optional.empty() : parse(annotations.getOrDefault(AgentNames.CONFIG, ""));
    }

    /** Empty: it is no configuration. */
    public static Optional<AgentConfig> parse(String json) {
        try {
            AgentConfig.Builder config = AgentConfig.newBuilder();
            JsonFormat.parser().ignoringUnknownFields().merge(json, config);
            return Optional.of(config.build());
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    /** As it is written into a pod: JSON on one line. */
    public static String text(AgentConfig config) {
        try {
            return JsonFormat.printer().omittingInsignificantWhitespace().print(config);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("no JSON for " + config, e);
        }
    }

    /**
     * Whether the pod has an agent that serves what that configuration says, in the places of the same containers. Its
     * version and log level do not matter; environments, volumes and certificates are of the pod, which others may have
     * changed, but it shares no volume that must not be shared.
     *
     * @param wanted as far as it is possible in that pod
     */
    public static boolean upToDate(Pod pod, AgentConfig wanted) {
        return Pods.hasAgent(pod)
                && of(pod).filter(now -> served(now).equals(served(wanted)))
                        .filter(now -> redirected(now).containsAll(redirected(wanted)))
                        .filter(VolumeRules.Limits.of(wanted)::keptBy)
                        .isPresent();
    }

    /** What must be redirected; that a named port is so too, or is not, makes no difference to who gets its traffic. */
    private static Set<AgentPort> redirected(AgentConfig config) {
        return config.getContainersList().stream()
                .flatMap(c -> c.getPortsList().stream())
                .filter(AgentPort::getRedirect)
                .map(p -> AgentPort.newBuilder()
                        .setProtocol(p.getProtocol())
                        .setContainerPort(p.getContainerPort())
                        .build())
                .collect(Collectors.toSet());
    }

    /** By container: what an agent of that configuration does for it. Others may have added containers to the pod. */
    private static Map<String, AgentContainer> served(AgentConfig config) {
        Map<String, AgentContainer> served = new HashMap<>();
        for (AgentContainer container : config.getContainersList()) {
            if (container.getReplaced() || container.getPortsCount() > 0) {
                AgentContainer.Builder essence = AgentContainer.newBuilder().setReplaced(container.getReplaced());
                container
                        .getPortsList()
                        .forEach(p -> essence.addPorts(p.toBuilder()
                                .clearAgentPort()
                                .clearDirectPort()
                                .clearRedirect()
                                .clearDownstreamTlsDir()
                                .clearUpstreamTlsDir()));
                served.put(container.getName(), essence.build());
            }
        }
        return served;
    }
}

package io.telepresence.manager.engage;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.agree.AgentNames;
import io.telepresence.agree.Versions;
import io.telepresence.manager.cluster.Workload;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.engage.PortMap.Candidate;
import io.telepresence.rpc.manager.AgentConfig;
import io.telepresence.rpc.manager.AgentContainer;
import io.telepresence.rpc.manager.AgentPort;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Which workloads want agents, and how these are configured. */
public final class AgentPlans implements WishedAgents {
    private final Workloads workloads;
    private final Settings settings;
    private final Replaced replaced;
    private final Set<WorkloadRef> wished = ConcurrentHashMap.newKeySet();

    /**
     * @param managerHost where agents reach the manager
     * @param firstPort where an agent listens for the first port it takes over
     */
    public record Settings(String managerHost, int managerPort, int firstPort, String logLevel) {}

    public AgentPlans(Workloads workloads, Settings settings, Replaced replaced) {
        this.workloads = workloads;
        this.settings = settings;
        this.replaced = replaced;
    }

    /** From now on new pods of the workload get an agent. */
    public void wish(WorkloadRef workload) {
        wished.add(workload);
    }

    /** New pods of the workload get no agent any more. */
    public void unwish(WorkloadRef workload) {
        wished.remove(workload);
    }

    @Override
    public boolean wished(WorkloadRef workload) {
        return wished.contains(workload);
    }

    @Override
    public AgentConfig configFor(WorkloadRef workload, ObjectMeta pod, PodSpec spec) {
        return AgentConfig.newBuilder()
                .setWorkload(workload.name())
                .setWorkloadKind(workload.kind())
                .setNamespace(workload.namespace())
                .setManagerHost(settings.managerHost())
                .setManagerPort(settings.managerPort())
                .setLogLevel(settings.logLevel())
                .setAgentVersion(Versions.VERSION)
                .addAllContainers(containers(ports(workload.namespace(), pod, spec), spec))
                .build();
    }

    /** The ports by which the workload's pods can be engaged. */
    List<Candidate> ports(Workload workload) {
        ObjectMeta meta = workload.template().getMetadata();
        PodSpec spec = workload.template().getSpec();
        return spec == null
                ? List.of()
                : ports(workload.ref().namespace(), meta == null ? new ObjectMeta() : meta, spec);
    }

    private List<Candidate> ports(String namespace, ObjectMeta pod, PodSpec spec) {
        Map<String, String> labels = pod.getLabels() == null ? Map.of() : pod.getLabels();
        return PortMap.of(pod, spec, workloads.servicesSelecting(namespace, labels));
    }

    /** Agent ports follow the order of containers and numbers, so that the same pod always gets the same ones. */
    private List<AgentContainer> containers(List<Candidate> candidates, PodSpec spec) {
        Map<String, TreeMap<String, Candidate>> byContainer = new LinkedHashMap<>();
        spec.getContainers().forEach(c -> byContainer.put(c.getName(), new TreeMap<>()));
        for (Candidate candidate : candidates) {
            String key = String.format("%05d%b", candidate.containerPort(), candidate.udp());
            byContainer.get(candidate.container()).merge(key, candidate, AgentPlans::joined);
        }
        Set<Integer> taken = exposed(spec);
        List<AgentContainer> result = new ArrayList<>();
        int next = settings.firstPort();
        for (var container : byContainer.entrySet()) {
            if (container.getValue().isEmpty()) {
                continue;
            }
            AgentContainer.Builder builder = AgentContainer.newBuilder().setName(container.getKey());
            for (Candidate candidate : container.getValue().values()) {
                while (taken.contains(next)) {
                    next++;
                }
                builder.addPorts(AgentPort.newBuilder()
                        .setProtocol(candidate.udp() ? Protocol.UDP : Protocol.TCP)
                        .setContainerPort(candidate.containerPort())
                        .setAgentPort(next++)
                        .setRedirect(candidate.redirect())
                        .setName(candidate.portName()));
            }
            result.add(builder.build());
        }
        return result;
    }

    /** One port known in two ways needs the redirection if one of them does. */
    private static Candidate joined(Candidate one, Candidate other) {
        return one.redirect() ? one : other;
    }

    private static Set<Integer> exposed(PodSpec spec) {
        Set<Integer> ports = ConcurrentHashMap.newKeySet();
        for (Container container : spec.getContainers()) {
            if (!AgentNames.CONTAINER.equals(container.getName())) {
                container.getPorts().stream()
                        .map(ContainerPort::getContainerPort)
                        .forEach(ports::add);
            }
        }
        return ports;
    }
}

package io.telepresence.manager.sidecar;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.telepresence.agree.AgentNames;
import io.telepresence.engagement.Port;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.manager.sidecar.MountPolicies.Policy;
import io.telepresence.manager.sidecar.PortCandidates.Candidate;
import io.telepresence.manager.sidecar.TlsAnnotations.Side;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentMount;
import io.telepresence.rpc.agent.AgentPort;
import io.telepresence.rpc.agent.FileIdentity;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What an agent is told of the containers of one pod. Ports follow the order of containers and numbers, so that the same
 * pod always gets the same ones. Pure.
 *
 * @param replaced as {@link ReplacedContainers#of} says it
 * @param admitsRoot whether the agent may be root, to serve volumes as other users
 * @param limits of what the mount policies grant
 */
record SidecarConfigBuilder(
        PodSpec spec,
        MountPolicies policies,
        TlsAnnotations tls,
        Map<String, Set<Port>> replaced,
        boolean admitsRoot,
        VolumeRules.Limits limits) {

    private static final int LETTERS = 26;

    /** Container port and protocol, in the order of numbers. */
    private record Key(int number, boolean udp) {}

    private static final class Numbers {
        final Set<Integer> taken = new HashSet<>();
        final Set<Key> listening = new HashSet<>();
        int next;
    }

    /**
     * @param candidates by which the ports can be engaged
     * @param firstPort where an agent listens for the first port it takes over
     * @param reserved where it listens for other things, and where the application may
     */
    List<AgentContainer> containers(List<Candidate> candidates, int firstPort, Set<Integer> reserved) {
        Map<String, Map<Key, List<Candidate>>> ports = new LinkedHashMap<>();
        Numbers numbers = new Numbers();
        numbers.next = firstPort;
        numbers.taken.addAll(reserved);
        for (Container container : PodContainers.application(spec)) {
            ports.put(container.getName(), ports(container, candidates));
            container.getPorts().forEach(p -> numbers.taken.add(p.getContainerPort()));
        }
        ports.values().forEach(p -> p.keySet().forEach(k -> numbers.taken.add(k.number())));
        Map<String, FileIdentity> identities = admitsRoot ? new FileIdentities(spec).different() : Map.of();
        List<AgentContainer> result = new ArrayList<>();
        for (Container container : PodContainers.application(spec)) {
            AgentContainer.Builder builder = AgentContainer.newBuilder()
                    .setName(container.getName())
                    .setEnvPrefix(AgentNames.ENV_APP + letters(result.size()) + "_")
                    .setReplaced(replaced.containsKey(container.getName()))
                    .addAllMounts(mounts(container));
            user(container).ifPresent(builder::setUser);
            Optional.ofNullable(identities.get(container.getName())).ifPresent(builder::setFilesAs);
            ports.get(container.getName())
                    .forEach((key, known) -> addPort(builder, container, numbers, port(container, key, known)));
            result.add(builder.build());
        }
        return result;
    }

    private Optional<Long> user(Container container) {
        return Optional.ofNullable(container.getSecurityContext())
                .map(SecurityContext::getRunAsUser)
                .or(() -> Optional.ofNullable(spec.getSecurityContext()).map(PodSecurityContext::getRunAsUser));
    }

    private Map<Key, List<Candidate>> ports(Container container, List<Candidate> candidates) {
        Map<Key, List<Candidate>> ports =
                new TreeMap<>(Comparator.comparing(Key::number).thenComparing(Key::udp));
        List<Candidate> all = new ArrayList<>(candidates);
        all.addAll(unserved(container));
        all.stream().filter(c -> c.container().equals(container.getName())).forEach(c -> ports.computeIfAbsent(
                        new Key(c.containerPort(), c.udp()), _ -> new ArrayList<>())
                .add(c));
        return ports;
    }

    /** Ports at which an agent in the container's place listens although no service knows them. */
    private List<Candidate> unserved(Container container) {
        List<Candidate> ports = new ArrayList<>();
        if (replaced.containsKey(container.getName())) {
            for (ContainerPort port : container.getPorts()) {
                if (!"SCTP".equals(port.getProtocol())) {
                    String name = port.getName() == null ? "" : port.getName();
                    boolean udp = "UDP".equals(port.getProtocol());
                    ports.add(unserved(container, udp, port.getContainerPort(), name));
                }
            }
            replaced.get(container.getName()).forEach(p -> ports.add(unserved(container, p.udp(), p.number(), "")));
        }
        return ports;
    }

    private static Candidate unserved(Container container, boolean udp, int number, String name) {
        return new Candidate("", "", 0, udp, container.getName(), number, name, false);
    }

    private AgentPort.Builder port(Container container, Key key, List<Candidate> known) {
        AgentPort.Builder port = AgentPort.newBuilder()
                .setProtocol(key.udp() ? Protocol.UDP : Protocol.TCP)
                .setContainerPort(key.number())
                .setRedirect(known.stream().anyMatch(Candidate::redirect))
                .setName(FilteredPorts.first(known, Candidate::portName))
                .setAppProtocol(FilteredPorts.declared(known));
        if (!key.udp()) {
            Set<String> names = names(known);
            port.setDownstreamTlsDir(tls.dir(Side.DOWNSTREAM, names, container));
            port.setUpstreamTlsDir(tls.dir(Side.UPSTREAM, names, container));
            port.setUpstreamInsecureSkipVerify(tls.insecure(names));
        }
        return port;
    }

    private static void addPort(
            AgentContainer.Builder builder, Container container, Numbers numbers, AgentPort.Builder port) {
        boolean udp = port.getProtocol() == Protocol.UDP;
        if (!numbers.listening.add(new Key(port.getContainerPort(), udp))) {
            return;
        }
        if (builder.getReplaced()) {
            builder.addPorts(port.setAgentPort(port.getContainerPort()).setRedirect(false));
            return;
        }
        while (numbers.taken.contains(numbers.next)) {
            numbers.next++;
        }
        builder.addPorts(port.setAgentPort(numbers.next++));
    }

    private List<AgentMount> mounts(Container container) {
        List<AgentMount> mounts = new ArrayList<>();
        for (VolumeMount mount : container.getVolumeMounts()) {
            String path = MountPolicies.path(mount.getMountPath());
            Policy policy = limits.limited(spec, mount, policies.of(mount.getName(), path));
            boolean known = mounts.stream().anyMatch(m -> m.getPath().equals(path));
            if (policy != Policy.IGNORE && !known) {
                mounts.add(AgentMount.newBuilder()
                        .setVolume(mount.getName())
                        .setPath(path)
                        .setReadOnly(policy == Policy.REMOTE_READ_ONLY || Boolean.TRUE.equals(mount.getReadOnly()))
                        .setLocal(policy == Policy.LOCAL)
                        .build());
            }
        }
        return mounts;
    }

    static Set<String> names(List<Candidate> known) {
        Set<String> names = new HashSet<>();
        for (Candidate candidate : known) {
            names.add(candidate.servicePortName());
            names.add(Integer.toString(candidate.servicePort()));
            names.add(candidate.portName());
            names.add(Integer.toString(candidate.containerPort()));
        }
        return names;
    }

    /** A to Z, then AA, AB and so on. */
    private static String letters(int position) {
        String last = String.valueOf((char) ('A' + position % LETTERS));
        return position < LETTERS ? last : letters(position / LETTERS - 1) + last;
    }
}

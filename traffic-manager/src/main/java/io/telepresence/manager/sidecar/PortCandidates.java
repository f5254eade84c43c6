package io.telepresence.manager.sidecar;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.telepresence.agree.AgentNames;
import io.telepresence.engagement.Port;
import io.telepresence.manager.cluster.PodContainers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/** Which container ports of a pod can be engaged, and by which services they are known. Pure. */
public final class PortCandidates {
    private PortCandidates() {}

    /**
     * One way to a container port.
     *
     * @param service empty where an annotation names the container port
     * @param portName name of the container port; may be empty
     * @param redirect packets must be redirected: the port is known by its number, or by the pod's address
     * @param appProtocol as the service port says it; may be empty
     */
    public record Candidate(
            String service,
            String servicePortName,
            int servicePort,
            boolean udp,
            String container,
            int containerPort,
            String portName,
            boolean redirect,
            String appProtocol) {

        public Candidate(
                String service,
                String servicePortName,
                int servicePort,
                boolean udp,
                String container,
                int containerPort,
                String portName,
                boolean redirect) {
            this(service, servicePortName, servicePort, udp, container, containerPort, portName, redirect, "");
        }

        boolean samePort(Candidate other) {
            return containerPort == other.containerPort && udp == other.udp;
        }
    }

    /** @param services those that select the pod */
    static List<Candidate> of(ObjectMeta pod, PodSpec spec, List<Service> services) {
        PodAnnotations annotations = PodAnnotations.of(pod);
        List<Container> containers = PodContainers.application(spec);
        List<Candidate> found = new ArrayList<>();
        if (containers.isEmpty()) {
            return found;
        }
        String onlyService = annotations.text(AgentNames.INJECT_SERVICE_NAME);
        List<PortSelector> onlyPorts = names(annotations.text(AgentNames.INJECT_SERVICE_PORTS));
        for (Service service : services) {
            if (onlyService.isEmpty()
                    || onlyService.equals(service.getMetadata().getName())) {
                addService(found, containers, service, onlyPorts);
            }
        }
        for (PortSelector name : names(annotations.text(AgentNames.INJECT_CONTAINER_PORTS))) {
            annotated(containers, name)
                    .filter(c -> found.stream().noneMatch(c::samePort))
                    .ifPresent(found::add);
        }
        return found;
    }

    private static void addService(
            List<Candidate> found, List<Container> containers, Service service, List<PortSelector> only) {
        boolean headless = "None".equals(service.getSpec().getClusterIP());
        for (ServicePort port : service.getSpec().getPorts()) {
            boolean udp = "UDP".equals(port.getProtocol());
            boolean counts =
                    only.isEmpty() || only.stream().anyMatch(n -> n.matches(udp, text(port.getName()), port.getPort()));
            if (!counts || "SCTP".equals(port.getProtocol())) {
                continue;
            }
            IntOrString target = port.getTargetPort();
            boolean byName = target != null && target.getStrVal() != null;
            PortSelector name = byName
                    ? new PortSelector(target.getStrVal(), 0, Optional.of(udp))
                    : new PortSelector("", number(target, port), Optional.of(udp));
            place(containers, name)
                    .map(at -> new Candidate(
                            service.getMetadata().getName(),
                            text(port.getName()),
                            port.getPort(),
                            udp,
                            at.container(),
                            at.port(),
                            at.name(),
                            !byName || headless,
                            text(port.getAppProtocol())))
                    .ifPresent(found::add);
        }
    }

    private static int number(IntOrString target, ServicePort port) {
        return target == null || target.getIntVal() == null || target.getIntVal() == 0
                ? port.getPort()
                : target.getIntVal();
    }

    private static Optional<Candidate> annotated(List<Container> containers, PortSelector name) {
        boolean udp = name.udp().orElse(false);
        return place(containers, new PortSelector(name.name(), name.number(), Optional.of(udp)))
                .map(at -> new Candidate("", "", 0, udp, at.container(), at.port(), at.name(), true));
    }

    private record Place(String container, int port, String name) {}

    /** A number that no container declares belongs to the first container. */
    private static Optional<Place> place(List<Container> containers, PortSelector wanted) {
        for (Container container : containers) {
            for (ContainerPort port : container.getPorts()) {
                String name = appName(port);
                if (wanted.matches("UDP".equals(port.getProtocol()), name, port.getContainerPort())) {
                    return Optional.of(new Place(container.getName(), port.getContainerPort(), name));
                }
            }
        }
        return wanted.number() == 0
                ? Optional.empty()
                : Optional.of(new Place(containers.getFirst().getName(), wanted.number(), ""));
    }

    /** The name that the author gave it: an agent may have taken it over. */
    private static String appName(ContainerPort port) {
        String name = text(port.getName());
        return name.startsWith(AgentNames.RENAMED_PORT) ? name.substring(AgentNames.RENAMED_PORT.length()) : name;
    }

    private static String text(String mayBeNull) {
        return Objects.requireNonNullElse(mayBeNull, "");
    }

    private static List<PortSelector> names(String commaList) {
        return Arrays.stream(commaList.split(","))
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .map(PortSelector::parse)
                .toList();
    }

    /**
     * A port as people write it.
     *
     * @param number 1 to 65535; zero: it is a name, which no port has if it looks like another number
     * @param udp empty: either protocol
     */
    public record PortSelector(String name, int number, Optional<Boolean> udp) {
        public static PortSelector parse(String text) {
            int slash = text.indexOf('/');
            String port = slash < 0 ? text : text.substring(0, slash);
            Optional<Boolean> udp = slash < 0
                    ? Optional.empty()
                    : Optional.of(
                            text.substring(slash + 1).toUpperCase(Locale.ROOT).equals("UDP"));
            return port.matches("\\d{1,5}") && Port.isNumber(Integer.parseInt(port))
                    ? new PortSelector("", Integer.parseInt(port), udp)
                    : new PortSelector(port, 0, udp);
        }

        public boolean matches(boolean isUdp, String portName, int portNumber) {
            boolean same = number == 0 ? name.equals(portName) : number == portNumber;
            return same && udp.orElse(isUdp) == isUdp;
        }
    }
}

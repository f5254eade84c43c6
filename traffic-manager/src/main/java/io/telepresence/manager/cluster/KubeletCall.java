package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.GRPCAction;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.TCPSocketAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A TCP port that the kubelet asks on behalf of a container: by httpGet, tcpSocket or grpc of its probes, and by httpGet
 * or tcpSocket of its lifecycle handlers.
 *
 * @param host which is asked instead of the pod; empty: the pod is
 * @param port as it is written now
 * @param change writes another one
 */
public record KubeletCall(String host, Supplier<IntOrString> port, Consumer<IntOrString> change) {
    /** All of a container; changing them changes it. */
    public static List<KubeletCall> of(Container container) {
        List<KubeletCall> calls = new ArrayList<>();
        Stream.of(container.getLivenessProbe(), container.getReadinessProbe(), container.getStartupProbe())
                .filter(Objects::nonNull)
                .forEach(probe -> add(calls, probe));
        if (container.getLifecycle() != null) {
            Stream.of(
                            container.getLifecycle().getPostStart(),
                            container.getLifecycle().getPreStop())
                    .filter(Objects::nonNull)
                    .forEach(handler -> add(calls, handler));
        }
        return calls;
    }

    /** The number behind it, as the kubelet finds it: names are those of the same container. Empty: there is none. */
    public Optional<Integer> number(Container container) {
        IntOrString written = port.get();
        if (written == null || written.getStrVal() == null) {
            return Optional.ofNullable(written).map(IntOrString::getIntVal);
        }
        String name = written.getStrVal();
        return container.getPorts().stream()
                .filter(p -> name.equals(p.getName()))
                .map(ContainerPort::getContainerPort)
                .findFirst()
                .or(() -> name.matches("\\d{1,5}") ? Optional.of(Integer.valueOf(name)) : Optional.empty());
    }

    private static void add(List<KubeletCall> calls, Probe probe) {
        add(calls, probe.getHttpGet());
        add(calls, probe.getTcpSocket());
        GRPCAction grpc = probe.getGrpc();
        if (grpc != null) {
            calls.add(new KubeletCall("", () -> new IntOrString(grpc.getPort()), now -> grpc.setPort(now.getIntVal())));
        }
    }

    private static void add(List<KubeletCall> calls, LifecycleHandler handler) {
        add(calls, handler.getHttpGet());
        add(calls, handler.getTcpSocket());
    }

    private static void add(List<KubeletCall> calls, HTTPGetAction action) {
        if (action != null) {
            calls.add(new KubeletCall(text(action.getHost()), action::getPort, action::setPort));
        }
    }

    private static void add(List<KubeletCall> calls, TCPSocketAction action) {
        if (action != null) {
            calls.add(new KubeletCall(text(action.getHost()), action::getPort, action::setPort));
        }
    }

    private static String text(String mayBeNull) {
        return Objects.requireNonNullElse(mayBeNull, "");
    }
}

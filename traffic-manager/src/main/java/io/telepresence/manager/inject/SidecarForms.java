package io.telepresence.manager.inject;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.watch.ApiServerVersion;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import java.util.Optional;

/**
 * Which form agents take, by the Helm value {@code agent.sidecar} and the API server's age. Pure.
 *
 * @param server empty: not known, which counts as old
 */
public record SidecarForms(Setting setting, Optional<ApiServerVersion> server) {
    /** What the value may be, lower case. */
    public enum Setting {
        AUTO,
        NATIVE,
        CONTAINER
    }

    /** Before 1.29 native sidecars are switched off, or not known at all. */
    private static final int NATIVE_SIDECARS = 29;

    /** Before 1.32 a Service looks for a named port in ordinary containers only; no kubelet allowed beside it is too old. */
    private static final int NAMED_PORTS = 32;

    /** Before 1.32 a kubelet skips keys of ConfigMaps and Secrets that begin with a digit. */
    private static final int ANY_NAMES = 32;

    /** Before 1.27 a pod's scheduling gates are switched off, or not known at all. */
    private static final int SCHEDULING_GATES = 27;

    /** @throws FaultException native sidecars are wanted of an API server that has none */
    SidecarForms on(Optional<ApiServerVersion> known) throws FaultException {
        if (setting == Setting.NATIVE && known.isPresent() && !known.get().atLeast(1, NATIVE_SIDECARS)) {
            throw Fault.config(
                            "agent.sidecar is native, but this cluster's API server is Kubernetes " + known.get()
                                    + "; native sidecars need 1." + NATIVE_SIDECARS,
                            "Set the Helm value agent.sidecar to auto or container")
                    .exception();
        }
        return new SidecarForms(setting, known);
    }

    /** Where nothing stands against it. */
    public SidecarForm usual() {
        return switch (setting) {
            case NATIVE -> SidecarForm.NATIVE;
            case CONTAINER -> SidecarForm.CONTAINER;
            case AUTO -> findsNamedPorts() ? SidecarForm.NATIVE : SidecarForm.CONTAINER;
        };
    }

    /** Of an agent with that configuration: one that stands in for a container is the container that a pod must have. */
    SidecarForm of(AgentConfig config) {
        boolean replaces = config.getContainersList().stream().anyMatch(AgentContainer::getReplaced);
        return replaces ? SidecarForm.CONTAINER : usual();
    }

    /** Whether its kubelets, none of which may be newer, still want names of variables in the old, narrow sense. */
    boolean narrowNames() {
        return server.filter(version -> !version.atLeast(1, ANY_NAMES)).isPresent();
    }

    /** Whether the scheduler leaves a pod alone that has a gate. */
    boolean knowsGates() {
        return server.filter(version -> version.atLeast(1, SCHEDULING_GATES)).isPresent();
    }

    /** Whether a Service finds the named ports of a native sidecar. */
    boolean findsNamedPorts() {
        return server.filter(version -> version.atLeast(1, NAMED_PORTS)).isPresent();
    }
}

package io.telepresence.cli.daemon;

import java.util.List;

/**
 * What {@code intercept} asks for.
 *
 * @param service name where the workload has several; may be empty
 * @param address where on the laptop
 */
public record EngageWish(
        String name, Workload workload, String service, String container, String address, List<Port> ports) {
    public record Workload(String name, String namespace) {}

    /**
     * One port.
     *
     * @param local zero: same as the container port
     * @param identifier name or number with an optional /TCP or /UDP; empty: the only one
     */
    public record Port(int local, String identifier) {}
}

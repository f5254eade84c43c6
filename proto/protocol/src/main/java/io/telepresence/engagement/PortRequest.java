package io.telepresence.engagement;

/**
 * A port of a workload, and where on the client its traffic goes.
 *
 * @param localPort zero: same as the container port
 * @param identifier name or number of a service port (of a container port where there is no service), with an optional
 *     /TCP or /UDP; empty: the only one
 */
public record PortRequest(int localPort, String identifier) {}

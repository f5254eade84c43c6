package io.telepresence.cli.daemon;

import io.telepresence.engagement.HeaderMatch;
import java.util.List;

/**
 * What {@code why} asks for.
 *
 * @param namespace of the host when it has none in its name; empty: the connected one
 * @param last how many of the last verdicts to tell; zero: none
 */
public record WhyRequest(String namespace, Request request, int last) {
    /**
     * A request that somebody might make.
     *
     * @param host name of a service or workload, or a pod's address
     * @param port name or number; empty: the only one
     * @param target path with query
     */
    public record Request(String method, String host, String port, String target, List<HeaderMatch> headers) {}
}

package io.telepresence.engagement;

import java.util.List;
import java.util.Map;

/**
 * What is done with the traffic, and what else the client may reach.
 *
 * @param mechanism tcp or http; empty: http if there is a filter
 * @param plaintext the client gets what was inside TLS
 * @param metadata what its user says of it, for the REST API
 * @param toPod ports on the pod's loopback that the client may reach
 */
public record EngagementOptions(
        HttpFilter filter, String mechanism, boolean plaintext, Map<String, String> metadata, List<Port> toPod) {
    /** Everything, as it is. */
    public static final EngagementOptions NONE = new EngagementOptions(HttpFilter.ALL, "", false, Map.of(), List.of());

    public EngagementOptions {
        metadata = Map.copyOf(metadata);
        toPod = List.copyOf(toPod);
        if (!filter.takesEverything()) {
            mechanism = "http";
        } else if (mechanism.isEmpty()) {
            mechanism = "tcp";
        }
    }
}

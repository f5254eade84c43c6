package io.telepresence.manager.engagement;

import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.EngagementStatus;
import io.telepresence.engagement.TrafficCount;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.session.ClientSession;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One engagement as it is now.
 *
 * @param id see {@link EngagementIds}; everybody may see it
 * @param owner who has it; not to be told to anybody
 * @param client user@host of the owner
 * @param message why it does not work, or what its owner should know although it does; may be empty
 * @param container whose environment and volumes count; empty where that could not be found out
 * @param podIp address of one pod that serves it; empty until one does
 */
public record RegisteredEngagement(
        String id,
        EngagementSpec spec,
        ClientSession owner,
        String client,
        EngagementState state,
        String message,
        WorkloadRef workload,
        String container,
        List<EngagedPort> ports,
        String podIp) {

    public RegisteredEngagement {
        ports = List.copyOf(ports);
    }

    /** As clients and agents are told of it. */
    public io.telepresence.engagement.Engagement reported() {
        return reported(Map.of());
    }

    /** @param counts of engagements, by id */
    public io.telepresence.engagement.Engagement reported(Map<String, TrafficCount> counts) {
        return new io.telepresence.engagement.Engagement(
                id,
                client,
                spec,
                new EngagementStatus(
                        state, message, workload.kind(), container, ports, podIp, Optional.ofNullable(counts.get(id))));
    }

    /** It works. */
    public boolean active() {
        return state == EngagementState.ACTIVE;
    }

    /** Agents stand in for its container, or are about to. */
    public boolean replaces() {
        return spec.kind().replacesContainer() && (active() || state == EngagementState.WAITING);
    }

    /** Traffic goes to its client. */
    public boolean delivers() {
        return state.delivers(spec.kind());
    }

    /** A client has one of each name. */
    boolean sameName(RegisteredEngagement other) {
        return owner == other.owner && spec.name().equals(other.spec.name());
    }

    public RegisteredEngagement named(String newId) {
        return new RegisteredEngagement(newId, spec, owner, client, state, message, workload, container, ports, podIp);
    }

    /** As in a sentence: {@code intercept "echo" of ann@laptop}. */
    public String described() {
        return spec.kind().word() + " \"" + spec.name() + "\" of " + client;
    }

    public RegisteredEngagement with(EngagementState next, String why) {
        return new RegisteredEngagement(id, spec, owner, client, next, why, workload, container, ports, podIp);
    }

    /** It works; what there was to say about it while it waited is still to be said. */
    public RegisteredEngagement servedBy(String ip) {
        return new RegisteredEngagement(
                id, spec, owner, client, EngagementState.ACTIVE, message, workload, container, ports, ip);
    }
}

package io.telepresence.manager.engage;

import io.telepresence.manager.cluster.WorkloadRef;
import java.util.List;

/**
 * One engagement as it is now.
 *
 * @param id session id and name, joined by a colon
 * @param client user@host of the owner
 * @param message why it does not work; empty while it does
 * @param podIp address of one pod that serves it; empty until one does
 */
public record Engagement(
        String id,
        EngagementSpec spec,
        String client,
        Disposition disposition,
        String message,
        WorkloadRef workload,
        List<EngagedPort> ports,
        String podIp) {

    /** How it stands. */
    public enum Disposition {
        ACTIVE,
        WAITING,
        BAD_ARGS
    }

    /**
     * One port of it.
     *
     * @param service empty where the workload has none, then so are the other two
     * @param servicePortName may be empty
     */
    public record EngagedPort(
            boolean udp,
            int localPort,
            int containerPort,
            String container,
            String service,
            String servicePortName,
            int servicePort) {}

    public Engagement {
        ports = List.copyOf(ports);
    }

    /** Agents act on it. */
    public boolean active() {
        return disposition == Disposition.ACTIVE;
    }

    Engagement with(Disposition next, String why) {
        return new Engagement(id, spec, client, next, why, workload, ports, podIp);
    }

    Engagement servedBy(String ip) {
        return new Engagement(id, spec, client, Disposition.ACTIVE, "", workload, ports, ip);
    }
}

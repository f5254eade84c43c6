package io.telepresence.manager.session;

import io.telepresence.engagement.Port;
import io.telepresence.manager.cluster.WorkloadRef;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** A traffic-agent in a pod. */
public final class AgentSession extends PeerSession {
    private final Agent agent;
    private final AtomicInteger watches = new AtomicInteger();
    private volatile Map<Port, String> sealed = Map.of();

    AgentSession(String id, Agent agent, Instant now) {
        super(id, now);
        this.agent = agent;
    }

    public Agent agent() {
        return agent;
    }

    /** Whether it hears of engagements at this moment. */
    public boolean watching() {
        return watches.get() > 0;
    }

    /** Said once when a watch stream of the agent opens, and once when it ends. */
    void watching(boolean now) {
        watches.addAndGet(now ? 1 : -1);
    }

    /** Ports whose TLS it passes on unopened although an annotation gives it certificates, and why, as a clause. */
    public Map<Port, String> sealed() {
        return sealed;
    }

    /** What it said last. */
    public void sealed(Map<Port, String> now) {
        sealed = Map.copyOf(now);
    }

    @Override
    public String toString() {
        return "agent " + agent.pod() + "." + agent.workload().namespace();
    }

    /**
     * @param pod name of its pod
     * @param podUid a pod of a StatefulSet comes back with its old name, but with another uid
     * @param version of the agent, with a leading v
     * @param ports container ports that it serves; empty: it did not say
     * @param replaced containers in whose place it stands
     */
    public record Agent(
            String pod,
            String podUid,
            String podIp,
            WorkloadRef workload,
            String version,
            Set<Port> ports,
            Set<String> replaced) {
        public Agent {
            ports = Set.copyOf(ports);
            replaced = Set.copyOf(replaced);
        }
    }
}

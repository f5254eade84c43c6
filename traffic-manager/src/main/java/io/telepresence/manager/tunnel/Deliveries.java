package io.telepresence.manager.tunnel;

import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import java.util.Optional;

/** Tells who receives what an agent wants to hand over. Called on event loops: it must be quick. */
@FunctionalInterface
public interface Deliveries {
    /**
     * The client of that engagement; empty if there is no such engagement, if it is not one of the agent's own
     * workload, or if its owner did not ask for traffic to that host and port.
     */
    Optional<ClientSession> receiver(AgentSession agent, String engagementId, String host, int port);
}

package io.telepresence.manager.readiness;

import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionRegistry;

/**
 * Ports whose TLS agents do not open, because with it open the application would be less safe than without the agent: a
 * filter there would never see a request. Any thread.
 */
record SealedPorts(SessionRegistry sessions) {
    /** @throws FaultException it wants to see what is inside TLS that stays closed; the reason is the agent's */
    void refuse(RegisteredEngagement engagement) throws FaultException {
        EngagementOptions handling = engagement.spec().options();
        if (handling.filter().takesEverything() && !handling.plaintext()) {
            return;
        }
        for (AgentSession agent : sessions.agents(engagement.workload())) {
            for (EngagedPort port : engagement.ports()) {
                String why = agent.sealed().get(port.port());
                if (why != null) {
                    throw Fault.user(
                                    "the TLS of port " + port.containerPort() + " of " + engagement.workload()
                                            + " is not opened: " + why,
                                    "Without a filter it can be engaged as it is.")
                            .exception();
                }
            }
        }
    }
}

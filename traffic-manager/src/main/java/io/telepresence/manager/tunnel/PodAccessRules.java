package io.telepresence.manager.tunnel;

import io.telepresence.agree.Transport;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.rpc.tunnel.Reach;
import java.util.List;

/** Tells whether a client may reach into a pod, and into which. Called on event loops: it must be quick. */
@FunctionalInterface
public interface PodAccessRules {
    Answer find(ClientSession client, Reach wish, Transport protocol);

    /** What came of a wish. */
    sealed interface Answer {
        /**
         * @param agents that can serve it, the best first
         * @param reach what the agent is asked for
         * @param container that it is about
         */
        record Granted(List<AgentSession> agents, Reach reach, String container) implements Answer {
            public Granted {
                agents = List.copyOf(agents);
            }
        }

        /** @param why a sentence */
        record Denied(String why) implements Answer {}
    }
}

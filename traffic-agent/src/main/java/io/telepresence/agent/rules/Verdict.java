package io.telepresence.agent.rules;

import java.util.Objects;

/** Where a new connection, or the next datagram of a source, goes. */
public sealed interface Verdict {
    ToApp TO_APP = new ToApp();

    /** To the app of this pod, as if the agent were not there. */
    record ToApp() implements Verdict {}

    /**
     * To the laptop of whoever has engaged the port.
     *
     * @param engagementId whose engagement it is
     * @param host name or address on the laptop
     * @param port port on the laptop
     */
    record ToClient(String engagementId, String host, int port) implements Verdict {
        public ToClient {
            Objects.requireNonNull(engagementId);
            Objects.requireNonNull(host);
        }
    }
}

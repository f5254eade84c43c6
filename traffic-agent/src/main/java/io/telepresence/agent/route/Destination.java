package io.telepresence.agent.route;

import java.util.Objects;

/** Where a connection, a request, or the next datagram of a source goes. */
public sealed interface Destination {
    ToApp TO_APP = new ToApp();

    /** To the app of this pod, as if the agent were not there. */
    record ToApp() implements Destination {}

    /** To the laptop of whoever has engaged the port. */
    record ToClient(ClientEndpoint target) implements Destination {
        public ToClient {
            Objects.requireNonNull(target);
        }
    }
}

package io.telepresence.manager.grpc;

import io.grpc.Context;
import io.telepresence.limits.ConnectionLimits;
import io.telepresence.limits.GuardedConnection;
import java.time.Duration;

/** The connection that a call came on, and whether its caller has shown who it is. */
public final class AgentConnection {
    /**
     * Of agents' port, until the first call with a good token or a session that lives. After a restart each of many agents
     * comes with two connections at once.
     */
    public static final ConnectionLimits.Limits STRANGERS =
            new ConnectionLimits.Limits(1024, 256 << 10, 32L << 20, 16, Duration.ofSeconds(15));

    static final Context.Key<GuardedConnection> CURRENT = Context.key("connection");

    private AgentConnection() {}

    /** The present call's caller is known. */
    public static void trust() {
        GuardedConnection connection = CURRENT.get();
        if (connection != null) {
            connection.trust();
        }
    }
}

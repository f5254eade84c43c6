package io.telepresence.agent;

import io.telepresence.agent.drain.Drain;
import io.telepresence.agent.listener.PortListener;
import io.telepresence.engagement.Port;
import java.util.function.BooleanSupplier;

/**
 * A port of the agent while the pod ends. Sources of datagrams are no connections: nobody waits for them.
 *
 * @param taken whether a client takes what comes
 */
record ServedPort(SidecarPlan.PlannedPort planned, PortListener listener, BooleanSupplier taken)
        implements Drain.DrainedPort {
    @Override
    public Port app() {
        return planned.app();
    }

    @Override
    public boolean replaced() {
        return planned.absent();
    }

    @Override
    public boolean engaged() {
        return taken.getAsBoolean();
    }

    @Override
    public long lastNewNanos() {
        return listener.lastNewNanos();
    }

    @Override
    public int open() {
        return listener.isTcp() ? listener.open() : 0;
    }

    @Override
    public void stopAccepting() {
        if (listener.isTcp()) {
            listener.close();
        }
    }
}

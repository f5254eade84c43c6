package io.telepresence.manager.tunnel;

import io.netty.buffer.ByteBuf;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowJoin;

/**
 * From fetch to join: waits until the client says that it has dialled, passes that on to the agent, and joins the two
 * flows. The flows may live on different loops; either may end at any moment.
 */
final class Handover implements FlowHandler {
    private final TrackedFlow agent;
    private final TrackedFlow client;

    Handover(TrackedFlow agent, TrackedFlow client) {
        this.agent = agent;
        this.client = client;
    }

    /** On the client flow's loop. */
    void begin() {
        client.handler(this);
        client.whenClosed(() -> agent.reset(Reset.Why.ABORTED, "the client closed the connection"));
        agent.loop().execute(() -> {
            if (agent.ended()) {
                client.reset(Reset.Why.ABORTED, "the connection is gone");
            } else {
                agent.whenClosed(() -> client.reset(Reset.Why.ABORTED, "the connection is gone"));
            }
        });
        client.request(1);
    }

    @Override
    public void onOpened(Flow same) {
        agent.loop().execute(agent::opened);
        FlowJoin.join(agent, client);
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        data.release();
        client.reset(Reset.Why.ABORTED, "data before Opened");
    }

    @Override
    public void onFinished(Flow same) {
        client.reset(Reset.Why.ABORTED, "finished before Opened");
    }

    @Override
    public void onReset(Flow same, Reset.Why why, String text) {
        agent.reset(why, text);
    }
}

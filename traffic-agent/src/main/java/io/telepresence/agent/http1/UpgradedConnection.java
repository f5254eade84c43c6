package io.telepresence.agent.http1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.mirror.Mirror;
import io.telepresence.agent.stream.Relay;
import java.util.List;

/** What was HTTP and is bytes only from now on, both ways: WebSocket, CONNECT. */
final class UpgradedConnection implements Relay.Listener {
    private final List<Mirror> tees;

    private UpgradedConnection(List<Mirror> tees) {
        this.tees = tees;
    }

    /**
     * @param early what the caller has sent already
     * @param ended whether the caller has ended after that
     * @param response to be sent to the caller first
     * @param tees get a copy of what the caller sends
     */
    static void begin(
            DuplexChannel caller,
            DuplexChannel upstream,
            ByteBuf early,
            boolean ended,
            ByteBuf response,
            List<Mirror> tees) {
        Relay fromCaller = new Relay(new UpgradedConnection(tees));
        Relay fromUpstream = new Relay(null);
        caller.pipeline().addLast(fromCaller);
        upstream.pipeline().addLast(fromUpstream);
        caller.writeAndFlush(response, caller.voidPromise());
        Relay.join(caller, upstream, early, ended);
    }

    @Override
    public boolean data(ByteBuf data) {
        for (Mirror tee : tees) {
            tee.data(data.retainedDuplicate());
        }
        return true;
    }

    @Override
    public void ended() {
        tees.forEach(Mirror::end);
    }

    @Override
    public boolean lost() {
        tees.forEach(Mirror::cut);
        return true;
    }
}

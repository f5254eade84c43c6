package io.telepresence.agent.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.stream.Relay;
import io.telepresence.agent.tap.Tee;
import java.util.List;

/** What was HTTP and is bytes only from now on, both ways: WebSocket, CONNECT. */
final class Tunnel implements Relay.Listener {
    private final List<Tee> tees;

    private Tunnel(List<Tee> tees) {
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
            List<Tee> tees) {
        Relay fromCaller = new Relay(new Tunnel(tees));
        Relay fromUpstream = new Relay(null);
        caller.pipeline().addLast(fromCaller);
        upstream.pipeline().addLast(fromUpstream);
        caller.writeAndFlush(response, caller.voidPromise());
        Relay.join(caller, upstream, early, ended);
    }

    @Override
    public boolean data(ByteBuf data) {
        for (Tee tee : tees) {
            tee.data(data.retainedDuplicate());
        }
        return true;
    }

    @Override
    public void ended() {
        tees.forEach(Tee::end);
    }

    @Override
    public boolean lost() {
        tees.forEach(Tee::cut);
        return true;
    }
}

package io.telepresence.agent.tcp;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.rules.Destination;
import io.telepresence.agent.stream.PortServices;
import io.telepresence.agent.stream.PortUpstreams;
import io.telepresence.agent.stream.Relay;
import io.telepresence.agent.stream.Sockets;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/** Takes the connections to one port of the app and decides where each goes. Thread-safe. */
public final class TcpForwarder {
    private final PortServices services;
    private final PortUpstreams upstreams;
    private final EventLoopGroup loops;
    private final AtomicInteger open = new AtomicInteger();

    /** @param loops where connections to the app live */
    public TcpForwarder(PortServices services, PortUpstreams upstreams, EventLoopGroup loops) {
        this.services = services;
        this.upstreams = upstreams;
        this.loops = loops;
    }

    /** Connections that have been accepted and not closed yet. */
    public int open() {
        return open.get();
    }

    /** Takes over an accepted socket that is not registered with any loop; does not block. */
    public void accept(DuplexChannel caller) {
        open.incrementAndGet();
        InetSocketAddress address = (InetSocketAddress) caller.remoteAddress();
        if (address == null) {
            // The caller has gone while it waited to be accepted.
            refuse(caller);
            return;
        }
        switch (services.rules().get().raw().to()) {
            case Destination.ToApp app ->
                upstreams.connect(
                        loops.next(),
                        app,
                        address,
                        Relay::new,
                        channel -> join(caller, (DuplexChannel) channel),
                        error -> refuse(caller));
            case Destination.ToClient client ->
                upstreams.connectOnItsLoop(
                        client,
                        address,
                        Relay::new,
                        channel -> join(caller, (DuplexChannel) channel),
                        error -> refuse(caller));
        }
    }

    private void join(DuplexChannel caller, DuplexChannel upstream) {
        EventLoop loop = upstream.eventLoop();
        Relay fromCaller = new Relay();
        fromCaller.to(upstream);
        upstream.pipeline().get(Relay.class).to(caller);
        Sockets.configure(caller);
        caller.pipeline().addLast(fromCaller);
        loop.register(caller).addListener((ChannelFuture registered) -> {
            if (registered.isSuccess()) {
                caller.closeFuture().addListener(done -> open.decrementAndGet());
                caller.read();
                upstream.read();
            } else {
                Sockets.reset(upstream);
                refuse(caller);
            }
        });
    }

    private void refuse(Channel caller) {
        Sockets.reset(caller);
        open.decrementAndGet();
    }
}

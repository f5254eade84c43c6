package io.telepresence.agent.stream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.telepresence.agent.manager.ClientFlows;
import io.telepresence.agent.route.AppAddresses;
import io.telepresence.agent.route.Destination;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The upstreams of one port: the app by TCP, laptops through the tunnel. */
public final class PortUpstreams implements Upstreams {
    private final AppAddresses addresses;
    private final AppDialer dialer;
    private final ClientFlows clients;

    public PortUpstreams(AppAddresses addresses, ClientFlows clients) {
        this.addresses = addresses;
        this.dialer = new AppDialer(addresses);
        this.clients = clients;
    }

    @Override
    public void connect(
            EventLoop loop,
            Destination to,
            InetSocketAddress caller,
            Supplier<? extends ChannelHandler> handlers,
            Consumer<Channel> connected,
            Consumer<Throwable> failed) {
        switch (to) {
            case Destination.ToApp app -> dialer.dial(loop, handlers, connected, failed);
            case Destination.ToClient client ->
                new FlowDialing(loop, handlers, connected, error -> orApp(loop, error, handlers, connected, failed))
                        .start(clients, client.target(), caller, addresses.official());
        }
    }

    /** Where an engagement ended while the connection was on its way, the app gets it. */
    private void orApp(
            EventLoop loop,
            Throwable error,
            Supplier<? extends ChannelHandler> handlers,
            Consumer<Channel> connected,
            Consumer<Throwable> failed) {
        if (error instanceof NotEngagedException) {
            dialer.dial(loop, handlers, connected, failed);
        } else {
            failed.accept(error);
        }
    }

    /**
     * Opens a connection to a laptop whose channel lives on the tunnel's own loop, which spares every buffer a change of
     * thread; the consumers are called there.
     */
    public void connectOnItsLoop(
            Destination.ToClient to,
            InetSocketAddress caller,
            Supplier<? extends ChannelHandler> handlers,
            Consumer<Channel> connected,
            Consumer<Throwable> failed) {
        new FlowDialing(null, handlers, connected, failed).start(clients, to.target(), caller, addresses.official());
    }
}

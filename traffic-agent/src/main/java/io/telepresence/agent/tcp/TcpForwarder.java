package io.telepresence.agent.tcp;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.agent.link.ClientFlows;
import io.telepresence.agent.rules.AppAddresses;
import io.telepresence.agent.rules.AppPort;
import io.telepresence.agent.rules.TrafficRules;
import io.telepresence.agent.rules.Verdict;
import io.telepresence.tunnel.Flow;
import java.net.InetSocketAddress;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the connections to one port of the app and decides once for each where it goes. What was decided holds until
 * the connection ends, whatever happens to engagements meanwhile. Thread-safe.
 */
public final class TcpForwarder {
    private static final Logger LOG = LoggerFactory.getLogger(TcpForwarder.class);

    private final AppPort port;
    private final AppAddresses addresses;
    private final AppDialer dialer;
    private final EventLoopGroup loops;
    private final Supplier<TrafficRules> rules;
    private final ClientFlows clients;
    private final AtomicInteger open = new AtomicInteger();

    /** @param loops where connections to the app live */
    public TcpForwarder(
            AppPort port,
            AppAddresses addresses,
            EventLoopGroup loops,
            Supplier<TrafficRules> rules,
            ClientFlows clients) {
        this.port = port;
        this.addresses = addresses;
        this.dialer = new AppDialer(addresses);
        this.loops = loops;
        this.rules = rules;
        this.clients = clients;
    }

    /** Connections that have been accepted and not closed yet. */
    public int open() {
        return open.get();
    }

    /** Takes over an accepted socket that is not registered with any loop; does not block. */
    public void accept(DuplexChannel caller) {
        open.incrementAndGet();
        switch (rules.get().verdict(port)) {
            case Verdict.ToApp app -> toApp(caller, loops.next());
            case Verdict.ToClient client -> toClient(caller, client);
        }
    }

    private void toApp(DuplexChannel caller, EventLoop loop) {
        dialer.dial(loop, Relay::new, app -> join(caller, (DuplexChannel) app, loop), error -> refuse(caller));
    }

    private void join(DuplexChannel caller, DuplexChannel app, EventLoop loop) {
        Relay fromCaller = new Relay();
        fromCaller.to(app);
        app.pipeline().get(Relay.class).to(caller);
        Relay.configure(caller);
        caller.pipeline().addLast(fromCaller);
        loop.register(caller).addListener((ChannelFuture registered) -> {
            if (registered.isSuccess()) {
                caller.closeFuture().addListener(done -> open.decrementAndGet());
                caller.read();
                app.read();
            } else {
                Relay.reset(app);
                refuse(caller);
            }
        });
    }

    private void toClient(DuplexChannel caller, Verdict.ToClient client) {
        InetSocketAddress source = (InetSocketAddress) caller.remoteAddress();
        if (source == null) {
            // The caller has gone while it waited to be accepted.
            refuse(caller);
            return;
        }
        Delivery delivery = new Delivery(caller, open::decrementAndGet);
        try {
            Flow flow = clients.open(client, port.transport(), source, addresses.official(), delivery);
            delivery.within(flow, clients.patience());
        } catch (RejectedExecutionException e) {
            LOG.debug("the link to the manager is just being closed", e);
            delivery.refuse();
        }
    }

    private void refuse(Channel caller) {
        Relay.reset(caller);
        open.decrementAndGet();
    }
}

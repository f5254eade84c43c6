package io.telepresence.agent.udp;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.telepresence.agent.manager.ClientFlows;
import io.telepresence.agent.mirror.ClientMirrors;
import io.telepresence.agent.route.AppAddresses;
import io.telepresence.agent.route.Destination;
import io.telepresence.agent.route.PortRoutes;
import io.telepresence.agent.route.RouteTable;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import io.telepresence.local.Loops;
import io.telepresence.tunnel.Flow;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handler of one listening datagram socket. The rules are asked at every datagram, so that a source moves to the
 * laptop and back to the app at once. A conversation without a datagram either way for the idle time ends.
 */
public final class UdpForwarder extends SimpleChannelInboundHandler<DatagramPacket> {
    private static final int MOST = 8_192;
    private static final Logger LOG = LoggerFactory.getLogger(UdpForwarder.class);

    private final AppAddresses addresses;
    private final Supplier<PortRoutes> routes;
    private final OpeningFlows flows;
    private final Duration idle;
    private final UdpSources<Conversation> conversations = new UdpSources<>(MOST);
    private final DatagramMirrors copies;
    private Future<?> sweeping;

    /** @param idle how long a source may be silent before it is forgotten */
    public UdpForwarder(
            Port port,
            AppAddresses addresses,
            Supplier<RouteTable> rules,
            ClientFlows clients,
            ClientMirrors mirrors,
            Duration idle) {
        super(false);
        this.addresses = addresses;
        this.routes = () -> rules.get().of(port);
        this.flows = new OpeningFlows(
                (to, source, destination, handler) -> clients.open(to, Transport.UDP, source, destination, handler));
        this.copies = new DatagramMirrors(mirrors);
        this.idle = idle;
    }

    /** Sources that are remembered now; any thread. */
    public int open() {
        return conversations.size();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        sweeping = Loops.repeat(context.executor(), idle.dividedBy(4), this::sweep);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
        InetSocketAddress source = packet.sender();
        copies.datagram(source, packet.content(), routes.get().raw().mirrors());
        Conversation conversation = current(source);
        if (conversation == null) {
            conversation = begin(context, source);
        }
        if (conversation == null) {
            packet.release();
        } else {
            conversation.datagram(packet.content());
        }
    }

    private Destination destination() {
        return routes.get().raw().destination();
    }

    private Conversation current(InetSocketAddress source) {
        Conversation found = conversations.get(source);
        boolean right = found != null && found.destination().equals(destination()) && !found.stale(System.nanoTime());
        if (found != null && !right) {
            conversations.end(source);
        }
        return right ? found : null;
    }

    private Conversation begin(ChannelHandlerContext context, InetSocketAddress source) {
        if (!conversations.makeRoom(source, System.nanoTime())) {
            LOG.debug("{} has {} sources that speak: dropping a datagram of a new one", here(context), MOST);
            return null;
        }
        if (addresses.isAbsent() && destination() instanceof Destination.ToApp) {
            return null;
        }
        Answers answers = new Answers(context.channel(), source);
        Conversation begun =
                switch (destination()) {
                    case Destination.ToApp app -> new AppConversation(answers, addresses).connect();
                    case Destination.ToClient client -> toClient(client, answers);
                };
        if (begun != null) {
            conversations.put(source, begun);
        }
        return begun;
    }

    private Conversation toClient(Destination.ToClient client, Answers answers) {
        ClientConversation conversation = new ClientConversation(client, answers);
        try {
            Flow flow = flows.open(client.target(), answers.source(), addresses.official(), conversation);
            return flow == null ? null : conversation.through(flow);
        } catch (RejectedExecutionException e) {
            LOG.debug("the link to the manager is just being closed", e);
            return null;
        }
    }

    private static SocketAddress here(ChannelHandlerContext context) {
        return context.channel().localAddress();
    }

    private void sweep() {
        long now = System.nanoTime();
        copies.sweep(now - idle.toNanos());
        conversations.endSilent(now - idle.toNanos());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // An ICMP error for an answer that its receiver did not want any more.
        LOG.debug("{}: {}", here(context), cause.toString());
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        sweeping.cancel(false);
        copies.close();
        conversations.endAll();
    }
}

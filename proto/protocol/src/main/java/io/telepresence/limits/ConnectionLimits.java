package io.telepresence.limits;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bounds the connections to one port whose callers have not shown who they are. There are never more than
 * {@link Limits#most} of them: the next one takes the place of the oldest one of the address that has the most, so that
 * whoever floods the port loses connections of its own and nobody else's. Each is closed when it has sent too much or
 * taken too long before {@link GuardedConnection#trust}. Thread-safe.
 */
public final class ConnectionLimits {
    private final Limits limits;
    private final Map<InetAddress, LinkedHashSet<GuardedConnection>> strangers = new HashMap<>();
    private final Map<SocketAddress, GuardedConnection> open = new ConcurrentHashMap<>();
    private int count;
    private long bytes;

    /**
     * What holds until a connection is trusted.
     *
     * @param most connections at once, at least 1
     * @param bytes that one connection may send
     * @param bytesOfAll that all of them together may have sent; then the same connection gives way as for one too many
     * @param calls that one connection may begin
     * @param within from the accept until it is trusted or closed
     */
    public record Limits(int most, int bytes, long bytesOfAll, int calls, Duration within) {}

    public ConnectionLimits(Limits limits) {
        this.limits = limits;
    }

    Limits limits() {
        return limits;
    }

    /** Makes listening TCP sockets whose connections are bounded. */
    public ChannelFactory<ServerChannel> sockets() {
        return () -> bound(new EpollServerSocketChannel());
    }

    /** The same for a socket that is there already. */
    EpollServerSocketChannel bound(EpollServerSocketChannel socket) {
        socket.pipeline().addLast(new Acceptor());
        return socket;
    }

    /** The open connection from that address and port. */
    public Optional<GuardedConnection> of(SocketAddress peer) {
        return peer == null ? Optional.empty() : Optional.ofNullable(open.get(peer));
    }

    /** Connections that are not trusted yet. */
    public synchronized int strangers() {
        return count;
    }

    /** Open connections of either kind. */
    public int open() {
        return open.size();
    }

    private void accept(Channel channel) {
        if (!(channel.remoteAddress() instanceof InetSocketAddress peer)) {
            channel.unsafe().closeForcibly();
            return;
        }
        GuardedConnection connection = new GuardedConnection(this, channel, peer);
        open.put(peer, connection);
        GuardedConnection victim = add(connection);
        channel.pipeline().addFirst(connection);
        if (victim != null) {
            victim.drop();
        }
    }

    private synchronized GuardedConnection add(GuardedConnection connection) {
        GuardedConnection victim = count < limits.most() ? null : oldestOfTheBusiest();
        if (victim != null) {
            remove(victim);
        }
        strangers
                .computeIfAbsent(connection.peer().getAddress(), a -> new LinkedHashSet<>())
                .add(connection);
        count++;
        return victim;
    }

    private GuardedConnection oldestOfTheBusiest() {
        Set<GuardedConnection> most = Set.of();
        for (Set<GuardedConnection> ofOne : strangers.values()) {
            most = ofOne.size() > most.size() ? ofOne : most;
        }
        return most.iterator().next();
    }

    /** A stranger has sent so many bytes more. */
    void sent(GuardedConnection connection, int more) {
        GuardedConnection victim = add(connection, more);
        if (victim != null) {
            victim.drop();
        }
    }

    private synchronized GuardedConnection add(GuardedConnection connection, int more) {
        if (!connection.count(more)) {
            return null;
        }
        bytes += more;
        GuardedConnection victim = bytes <= limits.bytesOfAll() ? null : oldestOfTheBusiest();
        if (victim != null) {
            remove(victim);
        }
        return victim;
    }

    /** It is trusted, or over. */
    synchronized void remove(GuardedConnection connection) {
        InetAddress address = connection.peer().getAddress();
        LinkedHashSet<GuardedConnection> ofOne = strangers.get(address);
        if (ofOne != null && ofOne.remove(connection)) {
            count--;
            bytes -= connection.forgetBytes();
            if (ofOne.isEmpty()) {
                strangers.remove(address);
            }
        }
    }

    void closed(GuardedConnection connection) {
        remove(connection);
        open.remove(connection.peer(), connection);
    }

    /** Of a listening socket: sees each connection before anybody else does. */
    @ChannelHandler.Sharable
    private final class Acceptor extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            Channel channel = (Channel) accepted;
            accept(channel);
            if (channel.isOpen()) {
                context.fireChannelRead(channel);
            }
        }
    }
}

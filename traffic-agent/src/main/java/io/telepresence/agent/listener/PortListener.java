package io.telepresence.agent.listener;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.telepresence.agent.tcp.TcpForwarder;
import io.telepresence.agent.udp.UdpForwarder;
import io.telepresence.base.AddressText;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.tunnel.splice.DatagramSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One port on which the agent listens in the app's place. Closing it stops accepting and leaves connections alone, also those
 * that the kernel has let in and nobody has accepted yet: it would reset them.
 */
public final class PortListener implements AutoCloseable {
    private static final int BACKLOG = 4096;
    private static final int LONGEST_ADDRESS = 26;
    private static final Logger LOG = LoggerFactory.getLogger(PortListener.class);

    private final Channel channel;
    private final Consumer<DuplexChannel> callers;
    private final IntSupplier open;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile long lastNewNanos = System.nanoTime();

    private PortListener(Channel channel, Consumer<DuplexChannel> callers, IntSupplier open) {
        this.channel = channel;
        this.callers = callers;
        this.open = open;
    }

    /**
     * Listens for connections; returns once it is bound. Where an earlier process has left a socket for that port, callers
     * wait in it until {@link #accept}.
     */
    public static PortListener tcp(
            InetSocketAddress address, EventLoopGroup loops, KeptSockets sockets, TcpForwarder forwarder)
            throws FaultException {
        return tcp(address, loops, sockets, forwarder::accept, forwarder::open);
    }

    /**
     * @param callers takes over each connection, on the listener's loop
     * @param open how many of them are open
     */
    static PortListener tcp(
            InetSocketAddress address,
            EventLoopGroup loops,
            KeptSockets sockets,
            Consumer<DuplexChannel> callers,
            IntSupplier open)
            throws FaultException {
        Optional<EpollServerSocketChannel> left = sockets.take(address);
        EpollServerSocketChannel server = left.orElseGet(EpollServerSocketChannel::new);
        PortListener listener = new PortListener(server, callers, open);
        server.pipeline().addLast(listener.new Acceptor());
        server.config().setAutoRead(left.isEmpty());
        if (left.isPresent()) {
            loops.register(server).awaitUninterruptibly();
            return listener;
        }
        server.config().setOption(ChannelOption.SO_REUSEADDR, true);
        server.config().setOption(ChannelOption.SO_BACKLOG, BACKLOG);
        loops.register(server).awaitUninterruptibly();
        bound(server.bind(address), address);
        sockets.keep(server);
        return listener;
    }

    /** Listens for datagrams; returns once it is bound. */
    public static PortListener udp(InetSocketAddress address, EventLoopGroup loops, UdpForwarder forwarder)
            throws FaultException {
        ChannelFuture binding =
                DatagramSockets.bootstrap(loops).handler(forwarder).bind(address);
        bound(binding, address);
        return new PortListener(binding.channel(), caller -> {}, forwarder::open);
    }

    /** Serves those who wait in a socket of an earlier process, and all others, from now on. */
    public void accept() {
        channel.config().setAutoRead(true);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** False: datagrams. */
    public boolean isTcp() {
        return channel instanceof EpollServerSocketChannel;
    }

    /** Connections, or sources of datagrams, that are open now. */
    public int open() {
        return open.getAsInt();
    }

    /**
     * When the last connection came, in {@link System#nanoTime} units. Who waits to be accepted, since the loop is busy, has
     * come, too; as long as the loop does not say, somebody may be waiting. Not for a loop.
     */
    public long lastNewNanos() {
        if (channel instanceof EpollServerSocketChannel server && !closed.get()) {
            boolean looked = onLoop(() -> {
                if (server.config().isAutoRead()) {
                    acceptWaiting(server);
                }
            });
            return looked ? lastNewNanos : System.nanoTime();
        }
        return lastNewNanos;
    }

    @Override
    public void close() {
        // Once: a number of a file that is closed may be another's.
        if (!closed.getAndSet(true) && channel instanceof EpollServerSocketChannel server) {
            onLoop(() -> {
                acceptWaiting(server);
                KeptSockets.end(server);
            });
        }
        channel.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    }

    /** Whether it has been done within a second; else it is done later, and nothing if the loop has ended. */
    private boolean onLoop(Runnable task) {
        try {
            return channel.eventLoop().submit(task).awaitUninterruptibly(1, TimeUnit.SECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("the loop of {} has ended", channel, e);
            return true;
        }
    }

    /** On the loop: whoever the kernel has let in. */
    private void acceptWaiting(EpollServerSocketChannel server) {
        if (!server.isOpen()) {
            return;
        }
        try {
            Socket socket = new Socket(server.fd().intValue());
            byte[] address = new byte[LONGEST_ADDRESS];
            for (int caller = socket.accept(address); caller >= 0; caller = socket.accept(address)) {
                take(new EpollSocketChannel(caller));
            }
        } catch (IOException e) {
            LOG.debug("accepting who waits on {}", channel, e);
        }
    }

    private void take(DuplexChannel caller) {
        lastNewNanos = System.nanoTime();
        callers.accept(caller);
    }

    private static void bound(ChannelFuture binding, InetSocketAddress address) throws FaultException {
        binding.awaitUninterruptibly();
        if (!binding.isSuccess()) {
            binding.channel().close();
            throw Fault.config(
                            "cannot listen on " + address.getPort() + ": "
                                    + binding.cause().getMessage(),
                            "No container of the pod may use the agent's ports.")
                    .exception(binding.cause());
        }
    }

    private final class Acceptor extends ChannelInboundHandlerAdapter {
        private static final long PAUSE_MILLIS = 200;

        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            take((DuplexChannel) accepted);
        }

        /** Most likely out of file descriptors: callers wait in the backlog for a moment. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.warn("cannot accept on {}: {}", AddressText.of(channel.localAddress()), cause.toString());
            context.channel().config().setAutoRead(false);
            context.executor()
                    .schedule(() -> context.channel().config().setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}

package io.telepresence.tunnel.grpc;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.NameResolverProvider;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.local.Loops;
import io.telepresence.local.NamedSocket;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One HTTP/2 connection that carries flows and calls, pinned to one event loop. Connects lazily; a lost connection is
 * made again by the next call (flows do not survive it). Thread-safe.
 */
public final class Carrier implements AutoCloseable {
    /** Of a close, at most: for the calls, then for the loop. */
    public static final Duration CLOSING = Duration.ofSeconds(3);

    private final Runnable closed;
    private final EventLoop loop;
    private final ManagedChannel channel;
    private final AtomicInteger flows = new AtomicInteger();

    private Carrier(EventLoopGroup loops, ManagedChannel channel, Runnable closed) {
        this.closed = closed;
        this.loop = (EventLoop) loops.iterator().next();
        this.channel = channel;
    }

    /** @param address of the peer: a {@code DomainSocketAddress}, an {@code InetSocketAddress} or a {@link ServiceAddress} */
    public static Carrier open(String name, SocketAddress address) {
        EventLoopGroup loops = Loops.create(name, 1);
        return open(address, loops, () -> Loops.shutdown(loops));
    }

    /** @param loops of one loop, which outlives the carrier: whoever still holds a flow of it may give the loop tasks */
    public static Carrier on(EventLoopGroup loops, SocketAddress address) {
        return open(address, loops, () -> {});
    }

    private static Carrier open(SocketAddress address, EventLoopGroup loops, Runnable closed) {
        boolean unix = address instanceof DomainSocketAddress;
        NettyChannelBuilder builder = builder(address);
        builder.eventLoopGroup(loops)
                .channelFactory(unix ? NamedSocket::channel : EpollSocketChannel::new)
                .directExecutor()
                .disableRetry()
                .usePlaintext()
                .initialFlowControlWindow(TunnelServers.WINDOW)
                .maxInboundMessageSize(16 << 20);
        if (unix) {
            builder.withOption(ChannelOption.SO_KEEPALIVE, null).overrideAuthority("localhost");
        } else {
            builder.withOption(ChannelOption.TCP_NODELAY, true)
                    .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, 10_000);
        }
        return new Carrier(loops, builder.build(), closed);
    }

    private static NettyChannelBuilder builder(SocketAddress address) {
        return switch (address) {
            case InetSocketAddress inet
            when inet.isUnresolved() -> NettyChannelBuilder.forAddress(inet.getHostString(), inet.getPort());
            case ServiceAddress service ->
                resolved(
                        NettyChannelBuilder.forAddress(service.host(), service.port()),
                        ServiceNameResolver.provider(service, InetAddress::getAllByName, ServiceNameResolver.PATIENCE));
            default -> NettyChannelBuilder.forAddress(address);
        };
    }

    /** Deprecated in favour of a registry for the whole process; this resolver is for one address. */
    @SuppressWarnings("deprecation")
    static NettyChannelBuilder resolved(NettyChannelBuilder builder, NameResolverProvider provider) {
        return builder.nameResolverFactory(provider);
    }

    /** The loop on which every flow of this carrier lives. */
    public EventLoop loop() {
        return loop;
    }

    /**
     * For stubs. The executor is direct: callbacks of asynchronous stubs come on {@link #loop()} and must not block;
     * blocking stubs may be used from any other thread.
     */
    public ManagedChannel channel() {
        return channel;
    }

    /** How many flows are open here. */
    public int flows() {
        return flows.get();
    }

    /** Opens a flow; from any thread. The handler is called on {@link #loop()}; {@code onOpened} comes first, or {@code onReset}. */
    public Flow open(Open open, FlowHandler handler) {
        return open(open, handler, FlowMethod.READY_THRESHOLD);
    }

    /**
     * The same for a flow whose writer keeps account of its memory: it is writable only while everything that was
     * written has left for the socket. Slower, unless much is written at once.
     */
    public Flow openSparing(Open open, FlowHandler handler) {
        return open(open, handler, 1);
    }

    private Flow open(Open open, FlowHandler handler, int readyThreshold) {
        ClientCall<WireFrame, WireFrame> call =
                channel.newCall(FlowMethod.DESCRIPTOR, CallOptions.DEFAULT.withOnReadyThreshold(readyThreshold));
        ClientFlow flow = new ClientFlow(FlowKey.fromWire(open.getId()), loop, call, open);
        flow.handler(handler);
        flows.incrementAndGet();
        if (loop.inEventLoop()) {
            flow.start(open, flows::decrementAndGet);
            return flow;
        }
        try {
            loop.execute(() -> flow.start(open, flows::decrementAndGet));
            return flow;
        } catch (RejectedExecutionException e) {
            flows.decrementAndGet();
            throw e;
        }
    }

    /** Cuts every flow and call; takes at most {@link #CLOSING}. */
    @Override
    public void close() {
        channel.shutdownNow();
        try {
            channel.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closed.run();
    }
}

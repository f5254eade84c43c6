package io.telepresence.userd.podaccess;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.telepresence.agree.Transport;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.splice.DatagramSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A UDP port: the datagrams of each local sender become a flow into a pod, at most {@link #MOST} at once. A flow ends after
 * two minutes without a datagram.
 */
final class UdpPortForward implements AutoCloseable {
    static final int MOST = 256;

    private static final Duration IDLE = Duration.ofMinutes(2);
    private static final Duration SWEEP = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger(UdpPortForward.class);

    private final Channel channel;
    private final Map<InetSocketAddress, UdpSender> senders = new ConcurrentHashMap<>();

    private UdpPortForward(Channel channel) {
        this.channel = channel;
    }

    static UdpPortForward bind(EventLoop loop, InetSocketAddress address) throws IOException {
        ChannelFuture bound = DatagramSockets.bootstrap(loop)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new io.netty.channel.ChannelInboundHandlerAdapter())
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(bound.cause().getMessage(), bound.cause());
        }
        return new UdpPortForward(bound.channel());
    }

    /**
     * @param target asked for at the first datagram of each sender
     * @param welcome whether this sender is served
     */
    void serve(
            PodAccessBroker podAccess, Supplier<PodAccessBroker.Target> target, Predicate<InetSocketAddress> welcome) {
        channel.pipeline().addLast(new SimpleChannelInboundHandler<DatagramPacket>(false) {
            @Override
            protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                UdpSender sender = senders.get(packet.sender());
                if (sender == null && welcome.test(packet.sender())) {
                    sender = open(podAccess, target.get(), packet.sender());
                }
                if (sender == null) {
                    packet.release();
                } else {
                    sender.session().offer(packet.content());
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                LOG.debug("at {}: {}", channel.localAddress(), cause.toString());
            }
        });
        channel.config().setAutoRead(true);
        var sweeps = Loops.repeat(channel.eventLoop(), SWEEP, () -> sweep(System.nanoTime()));
        channel.closeFuture().addListener(closed -> sweeps.cancel(false));
    }

    private void sweep(long nowNanos) {
        for (UdpSender sender : senders.values()) {
            if (sender.session().idleNanos(nowNanos) > IDLE.toNanos()) {
                sender.session().end(ResetReason.TIMED_OUT, "no datagram for " + IDLE.toMinutes() + " minutes");
            }
        }
    }

    /** Null: there are too many already, or there is no way to the pod. */
    private UdpSender open(PodAccessBroker podAccess, PodAccessBroker.Target target, InetSocketAddress from) {
        if (senders.size() >= MOST) {
            return null;
        }
        UdpSender sender = new UdpSender(channel, from, () -> senders.remove(from));
        try {
            sender.session().through(podAccess.open(target, Transport.UDP, from, sender.session()));
            senders.put(from, sender);
            if (sender.session().over()) {
                senders.remove(from);
            }
            return sender;
        } catch (FaultException e) {
            LOG.info("datagrams of {} are dropped: {}", from, e.fault().text());
            return null;
        }
    }

    /** Takes at most half a second. */
    @Override
    public void close() {
        channel.close().awaitUninterruptibly(500, TimeUnit.MILLISECONDS);
        senders.values().forEach(s -> s.session().end(ResetReason.ABORTED, "closed"));
    }
}

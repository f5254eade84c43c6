package io.telepresence.userd.engage;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.rpc.tunnel.Fetch;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.rpc.tunnel.Reset;
import io.telepresence.run.Threads;
import io.telepresence.tunnel.Carrier;
import io.telepresence.tunnel.ChannelPump;
import io.telepresence.tunnel.DatagramPump;
import io.telepresence.tunnel.DatagramSockets;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReasons;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the flows that the manager asks for: dials the local program first, then opens the flow and says how that went.
 * Names are looked up at each dial. Thread-safe; flows live on their carrier's loop.
 */
public final class LocalForwarder {
    private static final Logger LOG = LoggerFactory.getLogger(LocalForwarder.class);
    private static final Duration IDLE = Duration.ofMinutes(2);
    private static final int DIAL_MILLIS = 4_000;

    private final Engagements engagements;
    private final Supplier<Carrier> carriers;
    private final Supplier<String> session;

    /**
     * @param carriers gives the carrier for the next flow
     * @param session gives the id of the session in force
     */
    public LocalForwarder(Engagements engagements, Supplier<Carrier> carriers, Supplier<String> session) {
        this.engagements = engagements;
        this.carriers = carriers;
        this.session = session;
    }

    /** Returns at once. */
    public void dial(DialRequest request) {
        Threads.virtual("dial-" + request.getPort(), () -> {
            Carrier carrier = carriers.get();
            Open open = Open.newBuilder()
                    .setSessionId(session.get())
                    .setId(request.getId())
                    .setFetch(Fetch.newBuilder().setDialId(request.getDialId()))
                    .build();
            boolean ours = engagements
                    .byId(request.getEngagementId())
                    .filter(e -> Targets.allows(e, request))
                    .isPresent();
            if (!ours) {
                LOG.warn("refused to dial {}:{}: no engagement leads there", request.getHost(), request.getPort());
                refuse(carrier, open, Reset.Why.DENIED, "no engagement leads there");
                return;
            }
            connect(request, carrier, open);
        });
    }

    private void connect(DialRequest request, Carrier carrier, Open open) {
        InetSocketAddress address;
        try {
            address = new InetSocketAddress(InetAddress.getByName(Targets.host(request)), request.getPort());
        } catch (UnknownHostException e) {
            refuse(carrier, open, Reset.Why.UNREACHABLE, "the name " + request.getHost() + " is not known");
            return;
        }
        boolean udp = request.getId().getProtocol() == Protocol.UDP;
        Bootstrap bootstrap;
        if (udp) {
            bootstrap = DatagramSockets.bootstrap(carrier.loop()).option(ChannelOption.AUTO_READ, false);
        } else {
            bootstrap = new Bootstrap().group(carrier.loop()).channel(EpollSocketChannel.class);
            ChannelPump.configure(bootstrap);
            bootstrap.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, DIAL_MILLIS);
        }
        bootstrap.handler(new ChannelInboundHandlerAdapter()).connect(address).addListener((ChannelFuture done) -> {
            if (done.isSuccess()) {
                join(carrier, open, done.channel(), udp);
            } else {
                LOG.debug("local program at {}: {}", address, done.cause().toString());
                refuse(
                        carrier,
                        open,
                        ResetReasons.of(done.cause()),
                        String.valueOf(done.cause().getMessage()));
            }
        });
    }

    private static void join(Carrier carrier, Open open, Channel channel, boolean udp) {
        Flow flow = carrier.open(open, new Refused(channel));
        if (udp) {
            DatagramPump pump = new DatagramPump(flow, IDLE);
            channel.pipeline().addLast(pump);
            flow.opened();
            pump.start(channel);
            channel.config().setAutoRead(true);
        } else {
            ChannelPump pump = new ChannelPump(flow);
            channel.pipeline().addLast(pump);
            flow.opened();
            pump.start(channel);
        }
    }

    private static void refuse(Carrier carrier, Open open, Reset.Why why, String text) {
        carrier.loop().execute(() -> carrier.open(open, new Refused(null)).reset(why, text));
    }

    /** Until a pump takes over: whatever happens, the local connection goes. */
    private record Refused(Channel channel) implements FlowHandler {
        @Override
        public void onData(Flow flow, ByteBuf data) {
            data.release();
        }

        @Override
        public void onFinished(Flow flow) {
            flow.finish();
        }

        @Override
        public void onReset(Flow flow, Reset.Why why, String text) {
            // onClosed follows.
        }

        @Override
        public void onClosed(Flow flow) {
            if (channel != null) {
                channel.close();
            }
        }
    }
}

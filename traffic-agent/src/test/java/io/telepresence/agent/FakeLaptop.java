package io.telepresence.agent;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.EpollSocketChannel;
import io.telepresence.agree.Transport;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowAcceptor;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.ResetReasons;
import io.telepresence.tunnel.splice.ChannelPump;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Where delivered flows go in tests: dials what the agent asks for, refuses, or says nothing at all. */
final class FakeLaptop implements FlowAcceptor {
    enum Mood {
        DIALS,
        NOT_THERE,
        SILENT,
        /** Takes the flow, but no data: a laptop that was stopped. */
        STALLED
    }

    volatile Mood mood = Mood.DIALS;
    final List<Open> opens = new CopyOnWriteArrayList<>();
    final List<String> datagrams = new CopyOnWriteArrayList<>();
    /** Hears of flows that the agent comes for. */
    volatile FlowAcceptor fetched = (flow, open) -> flow.reset(ResetReason.DENIED, "nobody asked");

    final AtomicInteger flows = new AtomicInteger();
    private final List<Flow> accepted = new CopyOnWriteArrayList<>();

    @Override
    public void accept(Flow flow, Open open) {
        opens.add(open);
        accepted.add(flow);
        if (open.hasFetch()) {
            fetched.accept(flow, open);
            return;
        }
        switch (mood) {
            case NOT_THERE -> flow.reset(ResetReason.NO_CLIENT, "the laptop is away");
            case STALLED -> {
                flows.incrementAndGet();
                flow.handler(new Nothing() {
                    @Override
                    public void onClosed(Flow same) {
                        flows.decrementAndGet();
                    }
                });
                flow.opened();
            }
            case SILENT -> flow.handler(new Nothing());
            case DIALS -> {
                flows.incrementAndGet();
                if (flow.key().protocol() == Transport.UDP) {
                    echo(flow);
                } else {
                    dial(flow, open);
                }
            }
        }
    }

    /** Resets every flow, as the manager does when an engagement is over. */
    void cut() {
        accepted.forEach(flow -> flow.reset(ResetReason.NO_CLIENT, "the engagement is over"));
    }

    private void dial(Flow flow, Open open) {
        ChannelPump pump = new ChannelPump(flow);
        Bootstrap bootstrap = new Bootstrap()
                .group(flow.loop())
                .channel(EpollSocketChannel.class)
                .handler(pump);
        ChannelPump.configure(bootstrap);
        InetSocketAddress target = new InetSocketAddress(
                open.getDeliver().getHost(), open.getDeliver().getPort());
        bootstrap.connect(target).addListener((ChannelFuture dialled) -> {
            if (dialled.isSuccess()) {
                dialled.channel().closeFuture().addListener(gone -> flows.decrementAndGet());
                flow.opened();
                pump.start(dialled.channel());
            } else {
                flows.decrementAndGet();
                flow.reset(ResetReasons.of(dialled.cause()), dialled.cause().getMessage());
            }
        });
    }

    /** Answers every datagram with "laptop:" before it. */
    private void echo(Flow flow) {
        flow.handler(new FlowHandler() {
            @Override
            public void onData(Flow same, ByteBuf data) {
                datagrams.add(data.toString(StandardCharsets.UTF_8));
                same.write(Unpooled.wrappedBuffer(Unpooled.copiedBuffer("laptop:".getBytes()), data));
                same.request(1);
            }

            @Override
            public void onFinished(Flow same) {
                same.finish();
            }

            @Override
            public void onReset(Flow same, ResetReason why, String text) {}

            @Override
            public void onClosed(Flow same) {
                flows.decrementAndGet();
            }
        });
        flow.opened();
        flow.request(64);
    }

    private static class Nothing implements FlowHandler {
        @Override
        public void onData(Flow flow, ByteBuf data) {
            data.release();
        }

        @Override
        public void onFinished(Flow flow) {}

        @Override
        public void onReset(Flow flow, ResetReason why, String text) {}
    }
}

package io.telepresence.agent.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * An open flow as a Netty channel, so that whoever speaks a protocol need not know whether sockets or the tunnel carry
 * it. Behaves as a socket does: half-close both ways, a peer's reset is an exception and then the end, closing with
 * SO_LINGER 0 is a reset, closing otherwise lets what was written arrive.
 *
 * <p>Two loops: the channel's own (everything here, unless said otherwise) and the flow's. What crosses keeps its order.
 * At most {@value #CREDIT} frames wait to be read, and {@value #IN_FLIGHT} bytes (and the buffer that passes this) to be
 * taken by the flow; beyond that the channel is not writable.
 */
final class FlowChannel extends AbstractChannel implements DuplexChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false);
    private static final int CREDIT = 4;
    private static final int IN_FLIGHT = 256 << 10;

    private final FlowChannelConfig config = new FlowChannelConfig(this);
    private final Flow flow;
    private final EventLoop home;
    private final FlowSending sending;
    private final Queue<ByteBuf> received = new ArrayDeque<>();
    private boolean reading;
    private boolean draining;
    private boolean peerFinished;
    private IOException reset;
    private volatile boolean open = true;
    private volatile boolean inputShutdown;
    private volatile boolean outputShutdown;

    /**
     * @param flow open, with nothing requested yet; the next handler it gets must be {@link #receiver}
     * @param home the loop on which the channel will be registered
     */
    FlowChannel(Flow flow, EventLoop home) {
        super(null);
        this.flow = flow;
        this.home = home;
        this.sending = new FlowSending(flow, home, this::sent);
    }

    /** Hears the flow, on the flow's loop. */
    FlowHandler receiver() {
        return new Receiver();
    }

    /** Lets data come; once the channel is registered. */
    void begin() {
        flow.request(CREDIT);
    }

    private void on(Runnable task) {
        if (home.inEventLoop()) {
            task.run();
        } else {
            home.execute(task);
        }
    }

    private void receive(ByteBuf data) {
        if (!open || inputShutdown) {
            data.release();
        } else {
            received.add(data);
            drain();
        }
    }

    private void peerFinished() {
        peerFinished = true;
        drain();
    }

    private void peerReset(IOException why) {
        reset = why;
        drain();
    }

    /** Hands on one frame for each read that was asked for, then the end. A handler may ask again meanwhile. */
    private void drain() {
        if (draining || !open) {
            return;
        }
        draining = true;
        try {
            while (reset == null && reading && !received.isEmpty()) {
                reading = false;
                ByteBuf data = received.poll();
                flow.request(1);
                pipeline().fireChannelRead(data);
                pipeline().fireChannelReadComplete();
            }
        } finally {
            draining = false;
        }
        if (reset != null) {
            abort(reset);
        } else if (peerFinished && received.isEmpty() && !inputShutdown && open) {
            inputEnded();
        }
    }

    private void inputEnded() {
        if (config.isHalfClosing()) {
            inputShutdown = true;
            pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
            pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
        } else {
            unsafe().close(voidPromise());
        }
    }

    private void abort(IOException why) {
        if (open) {
            pipeline().fireExceptionCaught(why);
            unsafe().close(voidPromise());
        }
    }

    @Override
    protected void doBeginRead() {
        reading = true;
        if (!draining && (!received.isEmpty() || peerFinished)) {
            // Not from within: a handler that reads in channelRead must not be called again before it returns.
            home.execute(this::drain);
        }
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer outbound) {
        while (sending.hasRoom(IN_FLIGHT)) {
            ByteBuf data = (ByteBuf) outbound.current();
            if (data == null) {
                break;
            }
            if (data.isReadable()) {
                sending.send(data.retain());
            }
            outbound.remove();
        }
    }

    /** There is room again. */
    private void sent() {
        if (open && !outputShutdown) {
            unsafe().flush();
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf) {
            return message;
        }
        throw new UnsupportedOperationException("bytes only, not " + message.getClass());
    }

    @Override
    protected void doShutdownOutput() {
        outputShutdown = true;
        sending.finish();
    }

    @Override
    protected void doClose() {
        open = false;
        received.forEach(ReferenceCountUtil::release);
        received.clear();
        if (config.isResetOnClose()) {
            flow.reset(ResetReason.ABORTED, "connection reset");
        } else {
            sending.close(peerFinished);
        }
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open;
    }

    @Override
    public boolean isInputShutdown() {
        return inputShutdown;
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShutdown;
    }

    @Override
    public boolean isShutdown() {
        return inputShutdown && outputShutdown;
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        on(() -> {
            inputShutdown = true;
            received.forEach(ReferenceCountUtil::release);
            received.clear();
            promise.setSuccess();
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        on(() -> ((AbstractUnsafe) unsafe()).shutdownOutput(promise));
        return promise;
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        shutdownInput();
        return shutdownOutput(promise);
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new FlowUnsafe();
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return true;
    }

    @Override
    protected SocketAddress localAddress0() {
        return flow.key().source();
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return flow.key().destination();
    }

    @Override
    protected void doBind(SocketAddress address) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    private final class FlowUnsafe extends AbstractUnsafe {
        @Override
        public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            promise.setFailure(new UnsupportedOperationException("it is connected"));
        }
    }

    private final class Receiver implements FlowHandler {
        @Override
        public void onData(Flow same, ByteBuf data) {
            on(() -> receive(data));
        }

        @Override
        public void onFinished(Flow same) {
            on(FlowChannel.this::peerFinished);
        }

        @Override
        public void onWritable(Flow same) {
            sending.writable();
        }

        @Override
        public void onReset(Flow same, ResetReason why, String text) {
            on(() -> peerReset(new IOException("reset by the laptop: " + why + " " + text)));
        }

        @Override
        public void onClosed(Flow same) {
            sending.closed();
        }
    }
}

package io.telepresence.rootd.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.ResetReasons;

/** A flow that is nothing but a socket of this machine. */
final class FakeBenchFlow extends ChannelInboundHandlerAdapter implements Flow {
    private final FlowKey key;
    private final EventLoop loop;
    private FlowHandler handler;
    private Channel socket;
    private int credit;
    private int ends;
    private int unwritten;
    private boolean finishing;
    private volatile boolean closed;

    FakeBenchFlow(FlowKey key, EventLoop loop, FlowHandler handler) {
        this.key = key;
        this.loop = loop;
        this.handler = handler;
    }

    void dialled(ChannelFuture future) {
        if (closed) {
            future.channel().close();
        } else if (future.isSuccess()) {
            socket = future.channel();
            handler.onOpened(this);
        } else {
            handler.onReset(this, ResetReasons.of(future.cause()), String.valueOf(future.cause()));
            close();
        }
    }

    private void close() {
        if (!closed) {
            closed = true;
            handler.onClosed(this);
            if (socket != null) {
                socket.close();
            }
        }
    }

    private void ended() {
        if (++ends == 2) {
            close();
        }
    }

    @Override
    public FlowKey key() {
        return key;
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public void handler(FlowHandler next) {
        handler = next;
        if (closed) {
            next.onReset(this, ResetReason.ABORTED, "over");
            next.onClosed(this);
        }
    }

    @Override
    public void opened() {
        throw new IllegalStateException("this is the opening end");
    }

    @Override
    public boolean isWritable() {
        return !closed && socket.isWritable();
    }

    @Override
    public void write(ByteBuf data) {
        if (closed) {
            data.release();
        } else {
            unwritten++;
            socket.writeAndFlush(data).addListener(written -> {
                unwritten--;
                if (finishing) {
                    finishWhenWritten();
                }
            });
        }
    }

    @Override
    public void finish() {
        finishing = true;
        finishWhenWritten();
    }

    /** Shutting down would throw away what is not written yet. */
    private void finishWhenWritten() {
        if (!closed && unwritten == 0) {
            finishing = false;
            if (socket instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
            }
            ended();
        }
    }

    @Override
    public void reset(ResetReason why, String text) {
        if (!loop.inEventLoop()) {
            loop.execute(() -> reset(why, text));
            return;
        }
        if (socket instanceof DuplexChannel) {
            socket.config().setOption(ChannelOption.SO_LINGER, 0);
        }
        close();
    }

    @Override
    public void request(int frames) {
        boolean stopped = credit == 0;
        credit += frames;
        if (stopped && !closed) {
            socket.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        credit--;
        handler.onData(this, message instanceof DatagramPacket packet ? packet.content() : (ByteBuf) message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (credit > 0) {
            context.read();
        } else {
            credit = 0;
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable() && !closed) {
            handler.onWritable(this);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE && !closed) {
            handler.onFinished(this);
            ended();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!closed) {
            handler.onReset(this, ResetReasons.of(cause), String.valueOf(cause.getMessage()));
            close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        close();
    }
}

package io.telepresence.limits;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection under {@link ConnectionLimits}: a stranger's until it is trusted. It is never a stranger's again. */
public final class GuardedConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedConnection.class);

    private final ConnectionLimits owner;
    private final Channel channel;
    private final InetSocketAddress peer;
    private final AtomicInteger calls = new AtomicInteger();
    /** Guarded by the owner's lock; less than zero: not counted any more. */
    private int bytes;

    private volatile boolean trusted;
    private Future<?> deadline;

    GuardedConnection(ConnectionLimits owner, Channel channel, InetSocketAddress peer) {
        this.owner = owner;
        this.channel = channel;
        this.peer = peer;
        channel.closeFuture().addListener(done -> over());
    }

    InetSocketAddress peer() {
        return peer;
    }

    /** Its caller has shown who it is; any thread; again does nothing. */
    public void trust() {
        trusted = true;
        owner.remove(this);
    }

    public boolean trusted() {
        return trusted;
    }

    /** A call begins; any thread. False: a stranger has begun too many, and the connection is being closed. */
    public boolean call() {
        if (trusted || calls.incrementAndGet() <= owner.limits().calls()) {
            return true;
        }
        drop();
        return false;
    }

    /** False: it is nobody's business any more. */
    boolean count(int more) {
        if (bytes < 0) {
            return false;
        }
        bytes += more;
        return true;
    }

    int forgetBytes() {
        int counted = bytes;
        bytes = -1;
        return counted;
    }

    /** Closes it at once, with a reset: nothing of it stays, not even in the kernel; any thread. */
    void drop() {
        if (!channel.isRegistered()) {
            channel.unsafe().closeForcibly();
        } else if (channel.eventLoop().inEventLoop()) {
            reset();
        } else {
            channel.eventLoop().execute(this::reset);
        }
    }

    private void reset() {
        if (channel.isOpen()) {
            LOG.debug("closing a connection from {} that has not shown who it is", peer);
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.unsafe().close(channel.voidPromise());
        }
    }

    private void over() {
        owner.closed(this);
        Future<?> running = deadline;
        if (running != null) {
            running.cancel(false);
        }
    }

    @Override
    public void channelRegistered(ChannelHandlerContext context) {
        deadline =
                context.executor().schedule(this::late, owner.limits().within().toMillis(), TimeUnit.MILLISECONDS);
        context.fireChannelRegistered();
    }

    private void late() {
        if (!trusted) {
            drop();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!trusted && message instanceof ByteBuf data) {
            owner.sent(this, data.readableBytes());
            if (!channel.isOpen() || bytes > owner.limits().bytes()) {
                data.release();
                drop();
                return;
            }
        }
        context.fireChannelRead(message);
    }
}

package io.telepresence.manager.identity;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.telepresence.identity.ConnectionProof;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is said on one connection before HTTP/2 ({@link ConnectionProof}); first in its pipeline. Until it is decided which key
 * the connection has, if any, what comes and what HTTP/2 wants to send is held; then both go on in order, and this handler
 * is gone. On the connection's event loop.
 */
final class KeyHandshake extends ChannelDuplexHandler {
    /** HTTP/2 has a few settings to say before it has heard anything. */
    private static final int MOST_HELD = 64;

    private static final Logger LOG = LoggerFactory.getLogger(KeyHandshake.class);
    private static final byte[] HELLO = ConnectionKeys.ascii(ConnectionProof.HELLO);
    private static final int HEAD = HELLO.length + Short.BYTES;

    private final ConnectionKeys owner;
    private final Deque<Held> held = new ArrayDeque<>();
    private ByteBuf read = Unpooled.EMPTY_BUFFER;
    private volatile Channel channel;
    private Asked asked;
    private Future<?> deadline;

    private record Held(Object message, ChannelPromise promise) {}

    private record Asked(byte[] key, byte[] nonce) {}

    KeyHandshake(ConnectionKeys owner) {
        this.owner = owner;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel = context.channel();
        if (channel.isRegistered()) {
            begin(context);
        }
    }

    @Override
    public void channelRegistered(ChannelHandlerContext context) {
        begin(context);
        context.fireChannelRegistered();
    }

    private void begin(ChannelHandlerContext context) {
        if (deadline == null) {
            deadline = context.executor()
                    .schedule(
                            () -> drop("it has not said whether it has a key"),
                            owner.limits().within().toMillis(),
                            TimeUnit.MILLISECONDS);
        }
    }

    /** Any thread. */
    void drop(String why) {
        Channel dropped = channel;
        if (dropped == null) {
            return;
        }
        LOG.debug("closing a client's connection: {}", why);
        if (dropped.isRegistered()) {
            dropped.close();
        } else {
            dropped.unsafe().closeForcibly();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf data)) {
            context.fireChannelRead(message);
            return;
        }
        read = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), read, data);
        if (asked == null && !hello(context)) {
            return;
        }
        if (read.readableBytes() >= ConnectionProof.SIGNATURE_BYTES) {
            byte[] signature = new byte[ConnectionProof.SIGNATURE_BYTES];
            read.readBytes(signature);
            if (owner.verify(asked.nonce(), asked.key(), signature)) {
                owner.proved(channel, asked.key());
                decided(context);
            } else {
                drop("its signature is not its key's");
            }
        }
    }

    /** @return whether the signature is to be read next; else it has no key, or more has to come */
    private boolean hello(ChannelHandlerContext context) {
        int start = read.readerIndex();
        for (int i = 0; i < Math.min(HELLO.length, read.readableBytes()); i++) {
            if (read.getByte(start + i) != HELLO[i]) {
                decided(context);
                return false;
            }
        }
        if (read.readableBytes() < HEAD) {
            return false;
        }
        int length = read.getUnsignedShort(start + HELLO.length);
        if (length == 0 || length > ConnectionProof.MOST_KEY_BYTES) {
            drop("its key is too long, or empty");
            return false;
        }
        if (read.readableBytes() < HEAD + length) {
            return false;
        }
        byte[] key = new byte[length];
        read.skipBytes(HEAD).readBytes(key);
        asked = new Asked(key, owner.nonce());
        context.writeAndFlush(Unpooled.wrappedBuffer(ConnectionProof.challenge(asked.nonce())));
        return true;
    }

    private void decided(ChannelHandlerContext context) {
        owner.decided(this);
        ByteBuf rest = read;
        read = Unpooled.EMPTY_BUFFER;
        for (Held one = held.poll(); one != null; one = held.poll()) {
            context.write(one.message(), one.promise());
        }
        context.flush();
        context.pipeline().remove(this);
        if (rest.isReadable()) {
            context.fireChannelRead(rest);
        } else {
            rest.release();
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (held.size() >= MOST_HELD || !context.channel().isActive()) {
            ReferenceCountUtil.release(message);
            promise.tryFailure(new ClosedChannelException());
            drop("too much is said to a stranger");
        } else {
            held.add(new Held(message, promise));
        }
    }

    /** What is held is flushed once it is decided. */
    @Override
    public void flush(ChannelHandlerContext context) {}

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        release();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        release();
    }

    private void release() {
        if (deadline != null) {
            deadline.cancel(false);
        }
        read.release();
        read = Unpooled.EMPTY_BUFFER;
        for (Held one = held.poll(); one != null; one = held.poll()) {
            ReferenceCountUtil.release(one.message());
            one.promise().tryFailure(new ClosedChannelException());
        }
    }
}

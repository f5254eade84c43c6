package io.telepresence.userd.identity;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Promise;
import io.telepresence.fault.Fault;
import io.telepresence.identity.ConnectionProof;
import io.telepresence.identity.ProofKey;
import io.telepresence.identity.Ticket;
import java.nio.charset.StandardCharsets;

/**
 * The client's part of {@link ConnectionProof} on a fresh channel that does not read by itself. What comes after the challenge
 * waits for the first reader. On the channel's loop.
 */
final class ProofHandshake extends ChannelDuplexHandler {
    private static final byte[] CHALLENGE = ConnectionProof.CHALLENGE.getBytes(StandardCharsets.US_ASCII);

    private final ProofKey key;
    private final String managerNamespace;
    private final Promise<Channel> done;
    private final ByteBuf read = Unpooled.buffer();
    private boolean proved;

    private ProofHandshake(ProofKey key, String managerNamespace, Promise<Channel> done) {
        this.key = key;
        this.managerNamespace = managerNamespace;
        this.done = done;
    }

    /** When the promise fails, for whatever reason, the channel is closed; else it is for the next reader. */
    static void start(Channel channel, ProofKey key, String managerNamespace, Promise<Channel> done) {
        ProofHandshake handshake = new ProofHandshake(key, managerNamespace, done);
        done.addListener(result -> {
            if (!result.isSuccess()) {
                channel.close();
            }
        });
        channel.pipeline().addLast(handshake);
        channel.writeAndFlush(Unpooled.wrappedBuffer(ConnectionProof.hello(key.publicKey())))
                .addListener(written -> {
                    if (written.isSuccess()) {
                        channel.read();
                    } else {
                        handshake.fail(closed());
                    }
                });
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf data = (ByteBuf) message;
        try {
            read.writeBytes(data);
        } finally {
            data.release();
        }
        if (!proved && !done.isDone()) {
            go(context);
        }
    }

    private void go(ChannelHandlerContext context) {
        int begun = Math.min(read.readableBytes(), CHALLENGE.length);
        if (!read.slice(0, begun).equals(Unpooled.wrappedBuffer(CHALLENGE, 0, begun))) {
            fail(stranger());
        } else if (read.readableBytes() >= CHALLENGE.length + ConnectionProof.NONCE_BYTES) {
            byte[] nonce = new byte[ConnectionProof.NONCE_BYTES];
            read.skipBytes(CHALLENGE.length).readBytes(nonce);
            proved = true;
            context.writeAndFlush(Unpooled.wrappedBuffer(key.answer(managerNamespace, nonce)));
            if (!done.trySuccess(context.channel())) {
                context.close();
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (proved) {
            context.fireChannelReadComplete();
        } else if (!done.isDone()) {
            context.read();
        }
    }

    /** Somebody takes what is read now: first what was read before. */
    @Override
    public void read(ChannelHandlerContext context) {
        if (!proved) {
            context.read();
            return;
        }
        context.pipeline().remove(this);
        if (read.isReadable()) {
            context.fireChannelRead(read.readBytes(read.readableBytes()));
            context.fireChannelReadComplete();
        } else {
            context.read();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        fail(closed());
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (proved) {
            context.fireExceptionCaught(cause);
        } else {
            fail(closed());
        }
    }

    private void fail(Fault fault) {
        done.tryFailure(fault.exception());
    }

    private static Fault stranger() {
        return Fault.unreachable(
                "the traffic-manager does not speak the protocol that the annotation " + Ticket.POD_ANNOTATION
                        + " of its pod names",
                "");
    }

    private static Fault closed() {
        return Fault.unreachable("the traffic-manager closed a connection that was being proved", "");
    }
}

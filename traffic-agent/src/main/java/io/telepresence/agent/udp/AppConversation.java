package io.telepresence.agent.udp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.telepresence.agent.route.AppAddresses;
import io.telepresence.agent.route.Destination;
import io.telepresence.tunnel.splice.DatagramSockets;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * With the app, through a connected socket of its own, so that the app can tell sources apart. Until the app has
 * answered, or a moment has passed without a refusal, the last datagrams are kept, and sent again to the next address
 * if the app refuses them here. Refused everywhere, or later, it ends; the source gets another one a moment after.
 */
final class AppConversation implements Conversation {
    private static final int KEPT = 4;
    private static final long REFUSAL_NANOS = 1_000_000_000;

    private final Answers answers;
    private final AppAddresses addresses;
    private final Deque<ByteBuf> unanswered = new ArrayDeque<>();
    private int address;
    private int left;
    private Channel socket;
    private final long begunNanos = System.nanoTime();
    private long lastNanos = begunNanos;
    private State state = State.SEEKING;
    private long closedNanos;

    private enum State {
        SEEKING,
        SETTLED,
        CLOSED
    }

    AppConversation(Answers answers, AppAddresses addresses) {
        this.answers = answers;
        this.addresses = addresses;
        this.address = addresses.first();
        this.left = addresses.count();
    }

    /** Opens the socket to the address that is tried now; on the loop. */
    AppConversation connect() {
        left--;
        ChannelFuture connecting = DatagramSockets.bootstrap(answers.listener().eventLoop())
                .handler(new Socket())
                .connect(addresses.get(address));
        socket = connecting.channel();
        connecting.addListener((ChannelFuture done) -> {
            if (done.channel() != socket || state == State.CLOSED) {
                done.channel().close();
            } else if (done.isSuccess()) {
                unanswered.forEach(data -> send(data.retainedDuplicate()));
            } else {
                refused();
            }
        });
        return this;
    }

    @Override
    public Destination destination() {
        return Destination.TO_APP;
    }

    @Override
    public void datagram(ByteBuf data) {
        lastNanos = System.nanoTime();
        switch (state) {
            case SETTLED -> send(data);
            case SEEKING -> seek(data);
            case CLOSED -> data.release();
        }
    }

    @Override
    public long lastNanos() {
        return lastNanos;
    }

    @Override
    public boolean stale(long nowNanos) {
        return state == State.CLOSED && nowNanos - closedNanos > ASK_AGAIN_NANOS;
    }

    @Override
    public void close() {
        state = State.CLOSED;
        closedNanos = System.nanoTime();
        forget();
        socket.close();
    }

    private void seek(ByteBuf data) {
        boolean connected = socket instanceof EpollDatagramChannel udp && udp.isConnected();
        if (connected && lastNanos - begunNanos > REFUSAL_NANOS) {
            settle();
            send(data);
            return;
        }
        if (unanswered.size() == KEPT) {
            unanswered.poll().release();
        }
        // A copy, because the buffer that it came in has room for the largest datagram.
        unanswered.add(data.copy());
        if (connected) {
            send(data);
        } else {
            data.release();
        }
    }

    private void settle() {
        state = State.SETTLED;
        addresses.answered(address);
        forget();
    }

    private void send(ByteBuf data) {
        Channel to = socket;
        to.writeAndFlush(data).addListener(sent -> {
            if (!sent.isSuccess() && to == socket) {
                refused();
            }
        });
    }

    private void refused() {
        if (state == State.CLOSED) {
            return;
        }
        socket.close();
        if (state == State.SEEKING && left > 0) {
            address++;
            connect();
        } else {
            close();
        }
    }

    private void forget() {
        unanswered.forEach(ByteBuf::release);
        unanswered.clear();
    }

    private final class Socket extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            lastNanos = System.nanoTime();
            if (state == State.SEEKING) {
                settle();
            }
            answers.send(((DatagramPacket) message).content());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (context.channel() == socket) {
                refused();
            }
        }
    }
}

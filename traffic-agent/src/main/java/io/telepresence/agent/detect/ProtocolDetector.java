package io.telepresence.agent.detect;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.telepresence.agent.stream.Sockets;
import java.util.concurrent.TimeUnit;

/**
 * Waits for the first words of a caller on a port where somebody wants some requests only. A caller that is silent for
 * {@value #PATIENCE_MILLIS} ms waits for the other side to speak first, or keeps a connection in stock: it is forwarded
 * as bytes, and may still begin with a request later. One that has begun with what may be a request line gets {@value
 * #LINE_MILLIS} ms for the rest of it, so that a slow network is not a way past a filter.
 */
public final class ProtocolDetector extends ChannelInboundHandlerAdapter {
    /** What happens next; owns the bytes, which may be none. On the caller's loop, with the sniffer gone. */
    public interface Next {
        /** @param ended whether the caller has ended after these bytes */
        void go(DetectedProtocol greeting, ByteBuf first, boolean ended);
    }

    private static final int PATIENCE_MILLIS = 1_000;
    private static final int LINE_MILLIS = 10_000;

    private final DuplexChannel caller;
    private final Next next;
    private final FirstBytes bytes = new FirstBytes();
    private Future<?> bound;
    private boolean over;

    private ProtocolDetector(DuplexChannel caller, Next next) {
        this.caller = caller;
        this.next = next;
    }

    /** On the caller's loop, with nothing read yet. */
    public static void begin(DuplexChannel caller, Next next) {
        ProtocolDetector sniffer = new ProtocolDetector(caller, next);
        caller.pipeline().addLast(sniffer);
        sniffer.bound = caller.eventLoop().schedule(sniffer::silent, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        caller.read();
    }

    private void silent() {
        if (!over && !bytes.isEmpty()) {
            bound = caller.eventLoop()
                    .schedule(() -> end(DetectedProtocol.UNDECIDED, false), LINE_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            end(DetectedProtocol.UNDECIDED, false);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        DetectedProtocol greeting = bytes.add((ByteBuf) message);
        if (greeting != DetectedProtocol.UNDECIDED) {
            end(greeting, false);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!over) {
            caller.read();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            end(DetectedProtocol.OTHER, true);
        }
    }

    private void end(DetectedProtocol greeting, boolean ended) {
        if (!over) {
            stop();
            caller.pipeline().remove(this);
            next.go(greeting, bytes.take(), ended);
        }
    }

    private void stop() {
        over = true;
        bound.cancel(false);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Sockets.reset(caller);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stop();
        bytes.take().release();
    }
}

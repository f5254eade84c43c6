package io.telepresence.tunnel.splice;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agree.Transport;
import io.telepresence.local.Loops;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.MemoryFlow;
import io.telepresence.tunnel.RecordingHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** One loop, a flow in memory whose far end is recorded, and a program that a socket leads to. */
final class PumpFixture implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    final EventLoopGroup loops = Loops.create("pump-test", 1);
    final EventLoop loop = loops.next();
    final RecordingHandler far = new RecordingHandler(0);

    /** The far end, which has asked for everything. */
    final MemoryFlow caller;

    /** What a pump is given. */
    final MemoryFlow flow;

    private final ServerSocket listener;

    PumpFixture(Transport transport) throws Exception {
        listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        MemoryFlow.Pair pair = MemoryFlow.pair(new FlowKey(transport, any, any), loop);
        caller = pair.opening();
        flow = pair.accepting();
        on(() -> {
            caller.handler(far);
            caller.request(1000);
            return null;
        });
    }

    <T> T on(Callable<T> work) throws Exception {
        return loop.submit(work).get(20, TimeUnit.SECONDS);
    }

    /** The loop has looked at its sockets, and done what it had to do. */
    void settle() throws Exception {
        for (int i = 0; i < 10; i++) {
            on(() -> null);
        }
    }

    /** A socket as {@link Splice#dial} makes it, and the program at its other end. */
    Dialled dial() throws Exception {
        InetSocketAddress to = (InetSocketAddress) listener.getLocalSocketAddress();
        Channel channel = Splice.dial(loop, Transport.TCP, to, LIMIT)
                .syncUninterruptibly()
                .channel();
        return new Dialled(channel, listener.accept());
    }

    record Dialled(Channel channel, Socket program) {}

    void write(String text) throws Exception {
        on(() -> {
            caller.write(Unpooled.copiedBuffer(text, UTF_8));
            return null;
        });
    }

    void finish() throws Exception {
        on(() -> {
            caller.finish();
            return null;
        });
    }

    @Override
    public void close() throws Exception {
        listener.close();
        Loops.shutdown(loops);
    }
}

package io.telepresence.agent.stream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.telepresence.agent.route.Destination;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Opens connections to where callers' bytes go. Thread-safe. */
@FunctionalInterface
public interface Upstreams {
    /**
     * Opens a connection within a bound of a few seconds. Exactly one of the two consumers is called, on {@code loop}
     * and later than this call; whoever gets the channel owns it and hears of everything that happens on it. The channel
     * is a {@link io.netty.channel.socket.DuplexChannel}, does not read by itself, and allows half-closure: the end of
     * the peer's direction is a {@link io.netty.channel.socket.ChannelInputShutdownEvent}, a reset is an exception
     * followed by the end of the channel.
     *
     * @param loop where the channel and its handlers live
     * @param caller on whose behalf
     * @param handlers makes the handler for each try
     */
    void connect(
            EventLoop loop,
            Destination to,
            InetSocketAddress caller,
            Supplier<? extends ChannelHandler> handlers,
            Consumer<Channel> connected,
            Consumer<Throwable> failed);
}

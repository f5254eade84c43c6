package io.telepresence.agent.stream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.telepresence.agent.route.AppAddresses;
import java.net.ConnectException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connects to the app wherever it listens. Thread-safe. */
final class AppDialer {
    private static final int PATIENCE_MILLIS = 5_000;
    private static final Logger LOG = LoggerFactory.getLogger(AppDialer.class);

    private final AppAddresses addresses;

    AppDialer(AppAddresses addresses) {
        this.addresses = addresses;
    }

    /**
     * Tries the addresses in turn. Exactly one of the two consumers is called, on {@code loop};
     * whoever gets the channel hears of everything that happens on it.
     *
     * @param handlers makes the handler for each try
     */
    void dial(
            EventLoop loop,
            Supplier<? extends ChannelHandler> handlers,
            Consumer<Channel> connected,
            Consumer<Throwable> failed) {
        if (addresses.isAbsent()) {
            loop.execute(() -> failed.accept(new ConnectException("the container is replaced")));
            return;
        }
        // On the loop, so that nothing happens on the new channel between its connecting and the consumer's call.
        loop.execute(
                () -> attempt(new Attempt(loop, handlers, connected, failed), addresses.first(), addresses.count()));
    }

    private void attempt(Attempt attempt, int index, int left) {
        Bootstrap bootstrap = new Bootstrap()
                .group(attempt.loop())
                .channelFactory(AppDialer::channel)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, PATIENCE_MILLIS)
                .handler(attempt.handlers().get());
        bootstrap.connect(addresses.get(index)).addListener((ChannelFuture done) -> {
            if (done.isSuccess()) {
                addresses.answered(index);
                attempt.connected().accept(done.channel());
            } else if (left > 1 && nobodyThere(done.cause())) {
                attempt(attempt, index + 1, left - 1);
            } else {
                LOG.debug("the app does not answer at {}", addresses.official(), done.cause());
                attempt.failed().accept(done.cause());
            }
        });
    }

    /** Not so when the app took the connection and reset it at once: asking again elsewhere would hide that. */
    private static boolean nobodyThere(Throwable cause) {
        return !String.valueOf(cause.getMessage()).contains("reset");
    }

    private static EpollSocketChannel channel() {
        EpollSocketChannel channel = new EpollSocketChannel();
        Sockets.configure(channel);
        return channel;
    }

    private record Attempt(
            EventLoop loop,
            Supplier<? extends ChannelHandler> handlers,
            Consumer<Channel> connected,
            Consumer<Throwable> failed) {}
}

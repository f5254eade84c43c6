package io.telepresence.agent.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.telepresence.agent.manager.ClientFlows;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agree.Transport;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A flow to a laptop until the laptop has dialled; then it becomes a {@link FlowChannel}. Lives on the flow's loop. */
final class FlowDialing implements FlowHandler {
    private static final Logger LOG = LoggerFactory.getLogger(FlowDialing.class);

    private final EventLoop loop;
    private final Supplier<? extends ChannelHandler> handlers;
    private final Consumer<Channel> connected;
    private final Consumer<Throwable> failed;
    private Future<?> bound;
    /** Null: the laptop has said nothing. */
    private ConnectException refusal;

    /** Opened, or closed before. */
    private boolean decided;

    /** @param loop of the channel to be; null: the flow's own */
    FlowDialing(
            EventLoop loop,
            Supplier<? extends ChannelHandler> handlers,
            Consumer<Channel> connected,
            Consumer<Throwable> failed) {
        this.loop = loop;
        this.handlers = handlers;
        this.connected = connected;
        this.failed = failed;
    }

    void start(ClientFlows clients, ClientEndpoint target, InetSocketAddress caller, InetSocketAddress destination) {
        Duration patience = clients.patience();
        Flow flow;
        try {
            flow = clients.open(target, Transport.TCP, caller, destination, this);
        } catch (RejectedExecutionException e) {
            LOG.debug("the link to the manager is just being closed", e);
            ConnectException error = new ConnectException("the link to the manager is being closed");
            if (loop == null) {
                failed.accept(error);
            } else {
                loop.execute(() -> failed.accept(error));
            }
            return;
        }
        flow.loop().execute(() -> {
            if (!decided) {
                bound = flow.loop().schedule(() -> giveUp(flow, patience), patience.toMillis(), TimeUnit.MILLISECONDS);
            }
        });
    }

    private void giveUp(Flow flow, Duration patience) {
        String why = "no answer within " + patience;
        refusal = refusal(why);
        flow.reset(ResetReason.TIMED_OUT, why);
    }

    @Override
    public void onOpened(Flow flow) {
        decided = true;
        cancelBound();
        EventLoop home = loop == null ? flow.loop() : loop;
        FlowChannel channel = new FlowChannel(flow, home);
        flow.handler(channel.receiver());
        if (home.inEventLoop()) {
            register(channel, home);
        } else {
            home.execute(() -> register(channel, home));
        }
    }

    private void register(FlowChannel channel, EventLoop home) {
        channel.pipeline().addLast(handlers.get());
        home.register(channel).addListener((ChannelFuture registered) -> {
            if (registered.isSuccess()) {
                channel.begin();
                connected.accept(channel);
            } else {
                failed.accept(registered.cause());
            }
        });
    }

    @Override
    public void onData(Flow flow, ByteBuf data) {
        data.release();
        flow.reset(ResetReason.ABORTED, "data before the flow was opened");
    }

    @Override
    public void onFinished(Flow flow) {
        flow.reset(ResetReason.ABORTED, "finished before the flow was opened");
    }

    @Override
    public void onReset(Flow flow, ResetReason reason, String text) {
        String why = reason + " " + text;
        refusal = reason == ResetReason.DENIED ? new NotEngagedException(why) : refusal(why);
    }

    @Override
    public void onClosed(Flow flow) {
        decided = true;
        cancelBound();
        ConnectException error = refusal == null ? refusal("it does not answer") : refusal;
        LOG.debug("{}: {}", flow.key(), error.getMessage());
        (loop == null ? flow.loop() : loop).execute(() -> failed.accept(error));
    }

    private static ConnectException refusal(String why) {
        return new ConnectException("the laptop: " + why);
    }

    private void cancelBound() {
        if (bound != null) {
            bound.cancel(false);
        }
    }
}

package io.telepresence.agent.http1;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Bounds the time between the first and the last byte of a head. On the channel's loop. */
final class HeadTimer {
    private static final int SECONDS = 10;

    private final Channel channel;
    private final Runnable over;
    private Future<?> running;

    HeadTimer(Channel channel, Runnable over) {
        this.channel = channel;
        this.over = over;
    }

    /** Does nothing if it runs already. */
    void start() {
        if (running == null) {
            running = channel.eventLoop().schedule(over, SECONDS, TimeUnit.SECONDS);
        }
    }

    void stop() {
        if (running != null) {
            running.cancel(false);
            running = null;
        }
    }
}

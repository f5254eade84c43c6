package io.telepresence.local;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Epoll event loops of Netty; whoever creates a group shuts it down with {@link #shutdown}. */
public final class Loops {
    private static final Logger LOG = LoggerFactory.getLogger(Loops.class);

    private Loops() {}

    /** @param name prefix of the thread names; the threads are daemon threads */
    public static EventLoopGroup create(String name, int threads) {
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), MendedEpoll.newFactory());
    }

    /** The loop of the group whose thread calls this. */
    public static EventLoop current(EventLoopGroup group) {
        for (EventExecutor loop : group) {
            if (loop.inEventLoop()) {
                return (EventLoop) loop;
            }
        }
        throw new IllegalStateException("not called on a loop of this group");
    }

    /**
     * Runs a task again and again on a loop, the first time after one pause. A run that fails is logged, and the next one
     * comes as if it had not: Netty would never run the task again.
     *
     * @return ends it when cancelled
     */
    public static Future<?> repeat(EventExecutor loop, Duration pause, Runnable task) {
        return loop.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException | Error e) {
                        LOG.warn("a task of {} failed; it is run again", loop, e);
                    }
                },
                pause.toNanos(),
                pause.toNanos(),
                TimeUnit.NANOSECONDS);
    }

    /** Ends the group without Netty's usual quiet period; waits for at most two seconds. */
    public static void shutdown(EventLoopGroup group) {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}

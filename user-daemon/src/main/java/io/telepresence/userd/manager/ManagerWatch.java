package io.telepresence.userd.manager;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.telepresence.run.Backoff;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A stream from the manager that is opened again whenever it ends, for whatever reason, with growing waits. */
public final class ManagerWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ManagerWatch.class);
    private final Context.CancellableContext context = Context.ROOT.withCancellation();
    private final CountDownLatch closed = new CountDownLatch(1);

    private ManagerWatch() {}

    /**
     * Watches until closed.
     *
     * @param open opens the stream with a blocking stub
     * @param heard called for each message, on one virtual thread
     */
    public static <T> ManagerWatch start(String name, Supplier<Iterator<T>> open, Consumer<T> heard) {
        ManagerWatch watch = new ManagerWatch();
        Threads.virtual("watch-" + name, () -> watch.run(name, open, heard));
        return watch;
    }

    private <T> void run(String name, Supplier<Iterator<T>> open, Consumer<T> heard) {
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
        do {
            try {
                context.run(() -> {
                    Iterator<T> messages = open.get();
                    while (messages.hasNext()) {
                        heard.accept(messages.next());
                        backoff.reset();
                    }
                });
                LOG.debug("watch {} ended", name);
            } catch (StatusRuntimeException e) {
                LOG.debug("watch {} ended: {}", name, e.getStatus());
            } catch (RuntimeException e) {
                // One message that nobody understands must not be the last one that is heard.
                LOG.error("watch {} is opened again after an error", name, e);
            }
        } while (pause(backoff.next()));
    }

    private boolean pause(Duration time) {
        try {
            return !closed.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        closed.countDown();
        context.cancel(null);
    }
}

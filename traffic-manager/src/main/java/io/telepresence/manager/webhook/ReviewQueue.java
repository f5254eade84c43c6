package io.telepresence.manager.webhook;

import io.telepresence.run.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a fixed number of reviews at a time; a bounded number waits. Documents that are being read, that wait or are being
 * answered have a common limit of bytes. Thread-safe.
 */
final class ReviewQueue implements AutoCloseable {
    /** As the memory of one review is reckoned, so many fit into half of the heap of the chart's default. */
    static final int AT_A_TIME = 2;

    static final int MOST_WAITING = 256;

    /** Four of the largest documents. */
    static final long MOST_BYTES = 4L * ReviewRequest.MOST_BYTES;

    private static final Logger LOG = LoggerFactory.getLogger(ReviewQueue.class);

    private final Review review;
    private final BlockingQueue<Task> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicLong bytes = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();

    /** Turns a review into its answer. Blocks. */
    @FunctionalInterface
    public interface Review {
        /** @throws IllegalArgumentException the document is no review, or too large */
        byte[] answer(byte[] document);
    }

    /**
     * What comes of a document.
     *
     * @param status of HTTP
     */
    record Answer(int status, byte[] body) {
        static Answer of(int status) {
            return new Answer(status, new byte[0]);
        }
    }

    /** A document, and who waits for its answer. */
    private record Task(byte[] document, Consumer<Answer> answer) {}

    private ReviewQueue(Review review) {
        this.review = review;
    }

    static ReviewQueue open(Review review) {
        ReviewQueue queue = new ReviewQueue(review);
        for (int i = 0; i < AT_A_TIME; i++) {
            queue.threads.add(Threads.platform("review-" + i, queue::run));
        }
        return queue;
    }

    /** Takes so many bytes of the common limit; false: they cannot be had now. */
    boolean reserve(int more) {
        if (bytes.addAndGet(more) > MOST_BYTES) {
            bytes.addAndGet(-more);
            return false;
        }
        return true;
    }

    /** Gives bytes back that were reserved and have not been submitted. */
    void release(int reserved) {
        bytes.addAndGet(-reserved);
    }

    /** Bytes that are reserved now. */
    long reserved() {
        return bytes.get();
    }

    /**
     * The document's bytes have been reserved; the queue gives them back.
     *
     * @param answer called once, on another thread; must not block
     * @return withdraws it if it still waits; empty where too many wait already, and nothing was taken
     */
    Optional<Runnable> submit(byte[] document, Consumer<Answer> answer) {
        Task task = new Task(document, answer);
        if (!waiting.offer(task)) {
            return Optional.empty();
        }
        return Optional.of(() -> {
            if (waiting.remove(task)) {
                release(document.length);
            }
        });
    }

    private void run() {
        try {
            while (true) {
                Task task = waiting.take();
                try {
                    task.answer().accept(answer(task.document()));
                } finally {
                    release(task.document().length);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Answer answer(byte[] document) {
        try {
            return new Answer(200, review.answer(document));
        } catch (IllegalArgumentException | tools.jackson.core.JacksonException e) {
            LOG.warn("a request that is no admission review: {}", firstLine(e));
            return Answer.of(400);
        } catch (RuntimeException e) {
            LOG.warn("admission review failed", e);
            return Answer.of(500);
        }
    }

    private static String firstLine(RuntimeException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
    }
}

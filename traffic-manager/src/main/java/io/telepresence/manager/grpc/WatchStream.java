package io.telepresence.manager.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.manager.session.PeerSession;
import io.telepresence.run.Closers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream of messages to a client or agent. It ends when the peer cancels it, with the peer's session, or by
 * {@link #fail}; what was hung on it is then closed. A peer that does not read costs a bounded number of messages: of
 * states ({@link #latest}) the last one waits, of events ({@link #open}) so many, and then the stream ends with an error.
 * Any thread.
 */
final class WatchStream<T> {
    /** As many connections as may wait for one client. */
    static final int MOST_WAITING = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(WatchStream.class);

    private final ServerCallStreamObserver<T> call;
    private final PeerSession session;
    private final boolean states;
    private final Closers opened = new Closers();
    private final Deque<T> waiting = new ArrayDeque<>();
    private boolean completing;
    private boolean over;

    private WatchStream(ServerCallStreamObserver<T> call, PeerSession session, boolean states) {
        this.call = call;
        this.session = session;
        this.states = states;
    }

    /** Of events, each of which counts. Call it before the service method returns. */
    static <T> WatchStream<T> open(StreamObserver<T> out, PeerSession session) {
        return open(out, session, false);
    }

    /** Of states: each message makes those before it worthless. Call it before the service method returns. */
    static <T> WatchStream<T> latest(StreamObserver<T> out, PeerSession session) {
        return open(out, session, true);
    }

    private static <T> WatchStream<T> open(StreamObserver<T> out, PeerSession session, boolean states) {
        WatchStream<T> stream = new WatchStream<>((ServerCallStreamObserver<T>) out, session, states);
        stream.call.setOnCancelHandler(stream::cancelled);
        stream.call.setOnReadyHandler(stream::writable);
        stream.closeAtEnd(session.onEnd(
                () -> stream.fail(Fault.unreachable("the session has ended", "").exception())));
        return stream;
    }

    /** Nothing after the end of the session: what it had goes with it, and is no news to a peer that will resume it. */
    void send(T message) {
        if (!offer(message)) {
            fail(Fault.unreachable("the peer does not read what it has asked for", "")
                    .exception());
        }
    }

    /** False: too many wait. */
    private synchronized boolean offer(T message) {
        if (!living()) {
            return true;
        }
        if (waiting.isEmpty() && call.isReady()) {
            call.onNext(message);
            return true;
        }
        if (states) {
            waiting.clear();
        }
        return waiting.size() < MOST_WAITING && waiting.add(message);
    }

    private boolean living() {
        return !over && !session.ended() && !call.isCancelled();
    }

    /**
     * The same for a thread that can wait: returns once the message has been taken, or the stream is over.
     *
     * @param patience after which the stream ends with an error
     * @return whether there is any use in sending more
     */
    boolean sendPatiently(T message, Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        synchronized (this) {
            while (living() && !call.isReady()) {
                long millis = (end - System.nanoTime()) / 1_000_000;
                if (millis <= 0) {
                    break;
                }
                wait(millis);
            }
            if (!living()) {
                return false;
            }
            if (call.isReady()) {
                call.onNext(message);
                return true;
            }
        }
        fail(Fault.unreachable("the peer has not read for " + patience.toSeconds() + " s", "")
                .exception());
        return false;
    }

    private void writable() {
        boolean complete;
        synchronized (this) {
            while (living() && !waiting.isEmpty() && call.isReady()) {
                call.onNext(waiting.poll());
            }
            complete = completing && waiting.isEmpty();
            notifyAll();
        }
        if (complete) {
            complete();
        }
    }

    /** Ends the stream well, once everything that waits has been sent. */
    void complete() {
        if (endOnceSent()) {
            call.onCompleted();
            close();
        }
    }

    private synchronized boolean endOnceSent() {
        completing = true;
        return waiting.isEmpty() && end();
    }

    void fail(Throwable error) {
        if (end()) {
            if (!call.isCancelled()) {
                GrpcAnswers.fail(call, error);
            }
            close();
        }
    }

    /** Closes {@code watch} when the stream ends, or at once if it has ended. */
    void closeAtEnd(AutoCloseable watch) {
        opened.add(watch);
    }

    private void cancelled() {
        if (end()) {
            close();
        }
    }

    private synchronized boolean end() {
        boolean first = !over;
        over = true;
        waiting.clear();
        notifyAll();
        return first;
    }

    private void close() {
        try {
            opened.close();
        } catch (Exception e) {
            LOG.warn("ending a stream", e);
        }
    }
}

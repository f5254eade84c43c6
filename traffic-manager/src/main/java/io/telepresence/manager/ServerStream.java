package io.telepresence.manager;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.manager.session.Session;
import io.telepresence.run.Closers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream of messages to a client or agent. It ends when the peer cancels it, with the peer's session, or by
 * {@link #fail}; what was hung on it is then closed. Any thread.
 */
final class ServerStream<T> {
    private static final Logger LOG = LoggerFactory.getLogger(ServerStream.class);

    private final ServerCallStreamObserver<T> call;
    private final Session session;
    private final Closers opened = new Closers();
    private boolean over;

    private ServerStream(ServerCallStreamObserver<T> call, Session session) {
        this.call = call;
        this.session = session;
    }

    /** Call it before the service method returns. */
    static <T> ServerStream<T> open(StreamObserver<T> out, Session session) {
        ServerStream<T> stream = new ServerStream<>((ServerCallStreamObserver<T>) out, session);
        stream.call.setOnCancelHandler(stream::cancelled);
        stream.closeAtEnd(session.onEnd(
                () -> stream.fail(Fault.unreachable("the session has ended", "").exception())));
        return stream;
    }

    /** Nothing after the end of the session: what it had goes with it, and is no news to a peer that will resume it. */
    void send(T message) {
        synchronized (this) {
            if (!over && !session.ended() && !call.isCancelled()) {
                call.onNext(message);
            }
        }
    }

    /** Ends the stream well. */
    void complete() {
        if (end()) {
            call.onCompleted();
            close();
        }
    }

    void fail(Throwable error) {
        if (end()) {
            if (!call.isCancelled()) {
                Calls.fail(call, error);
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

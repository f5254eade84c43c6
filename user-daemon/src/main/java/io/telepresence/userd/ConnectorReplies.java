package io.telepresence.userd;

import io.grpc.stub.StreamObserver;
import io.telepresence.fault.FaultStatus;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How every request is answered: one reply, or a fault in the status. */
final class ConnectorReplies {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectorReplies.class);

    private ConnectorReplies() {}

    /** Makes the reply of a unary request. */
    interface Work<T> {
        T run() throws Exception;
    }

    /** Makes the replies of a streaming request. */
    interface StreamWork<T> {
        void run(Consumer<T> reply) throws Exception;
    }

    static <T> void one(StreamObserver<T> to, Work<T> work) {
        stream(to, reply -> reply.accept(work.run()));
    }

    static <T> void stream(StreamObserver<T> to, StreamWork<T> work) {
        try {
            work.run(to::onNext);
            to.onCompleted();
        } catch (Exception e) {
            LOG.info("refused: {}", FaultStatus.of(e), e);
            to.onError(FaultStatus.toStatus(e));
        }
    }
}

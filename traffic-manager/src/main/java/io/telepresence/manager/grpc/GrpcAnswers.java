package io.telepresence.manager.grpc;

import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.run.Threads;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the edges answer: unary calls leave the event loop at once, errors become faults. */
final class GrpcAnswers {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcAnswers.class);

    private GrpcAnswers() {}

    /** Answers on a virtual thread, which may block, in the context of the call. */
    static <T> void answer(String name, StreamObserver<T> out, Callable<T> work) {
        Threads.virtual(name, Context.current().wrap(() -> answerHere(out, work)));
    }

    /** Answers on the calling thread; for what never blocks. */
    static <T> void answerHere(StreamObserver<T> out, Callable<T> work) {
        T result;
        try {
            result = work.call();
        } catch (Exception | StackOverflowError e) {
            // Whoever asks is answered in any case: without an answer he waits until his deadline.
            fail(out, e);
            return;
        }
        if (!cancelled(out)) {
            out.onNext(result);
            out.onCompleted();
        }
    }

    /** Nobody waits any more: answering would be an error. */
    private static boolean cancelled(StreamObserver<?> out) {
        return out instanceof ServerCallStreamObserver<?> call && call.isCancelled();
    }

    static void fail(StreamObserver<?> out, Throwable error) {
        if (FaultStatus.of(error).kind() == Fault.Kind.INTERNAL) {
            LOG.error("a call failed", error);
        }
        if (!cancelled(out)) {
            out.onError(FaultStatus.toStatus(error));
        }
    }

    /** The session of that id, if it belongs to the caller of the present call. */
    static ClientSession client(SessionRegistry sessions, String id) throws FaultException {
        return sessions.client(id, ClientAuthenticator.caller()).orElseThrow(GrpcAnswers::unknown);
    }

    static AgentSession agent(SessionRegistry sessions, String id) throws FaultException {
        return sessions.agent(id).orElseThrow(GrpcAnswers::unknown);
    }

    private static FaultException unknown() {
        return Fault.unreachable("the traffic-manager does not know this session", "It resumes in a moment; try again")
                .exception();
    }
}

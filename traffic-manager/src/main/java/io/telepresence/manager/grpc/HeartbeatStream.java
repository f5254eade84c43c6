package io.telepresence.manager.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.manager.session.PeerSession;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.manager.RemainReply;
import java.util.Optional;
import java.util.function.Function;

/**
 * The heartbeats of one connection of an agent. It ends with the session, after a beat of a session that is not known, and
 * where replies are not read: so whoever holds a connection by it is an agent that beats. Thread-safe.
 */
final class HeartbeatStream implements StreamObserver<AgentBeat> {
    private final ServerCallStreamObserver<RemainReply> out;
    private final Function<AgentBeat, RemainReply> answer;
    private final Function<String, Optional<? extends PeerSession>> sessions;
    private PeerSession session;
    private volatile Bound bound = () -> {};
    private boolean over;

    /**
     * Call it before the service method returns.
     *
     * @param answer must not block
     * @param sessions finds a session by its id
     */
    HeartbeatStream(
            StreamObserver<RemainReply> out,
            Function<AgentBeat, RemainReply> answer,
            Function<String, Optional<? extends PeerSession>> sessions) {
        this.out = (ServerCallStreamObserver<RemainReply>) out;
        this.answer = answer;
        this.sessions = sessions;
        this.out.setOnCancelHandler(() -> onError(null));
    }

    @Override
    public void onNext(AgentBeat beat) {
        if (!out.isReady()) {
            fail(Fault.unreachable("the agent does not read the replies to its heartbeats", "")
                    .exception());
            return;
        }
        try {
            RemainReply reply = answer.apply(beat);
            if (reply.getKnown()) {
                sessions.apply(beat.getSessionId()).ifPresent(this::bind);
            }
            reply(reply);
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /** Who was resumed under another id has another session. */
    private void bind(PeerSession now) {
        if (now != session) {
            bound.close();
            session = now;
            bound = now.onEnd(this::sessionEnded)::close;
        }
    }

    private void sessionEnded() {
        fail(Fault.unreachable("the session has ended", "").exception());
    }

    private void reply(RemainReply reply) {
        synchronized (this) {
            if (over || out.isCancelled()) {
                return;
            }
            out.onNext(reply);
        }
        if (!reply.getKnown()) {
            onCompleted();
        }
    }

    private void fail(Throwable error) {
        if (end()) {
            GrpcAnswers.fail(out, error);
        }
    }

    @Override
    public void onError(Throwable error) {
        end();
    }

    @Override
    public void onCompleted() {
        if (end() && !out.isCancelled()) {
            out.onCompleted();
        }
    }

    /** @return whether it had not ended before */
    private boolean end() {
        synchronized (this) {
            if (over) {
                return false;
            }
            over = true;
        }
        bound.close();
        return true;
    }

    /** What is to be taken back when the stream ends. */
    private interface Bound {
        void close();
    }
}

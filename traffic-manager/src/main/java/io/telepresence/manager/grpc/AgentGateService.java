package io.telepresence.manager.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.stub.StreamObserver;
import io.telepresence.manager.log.ManagerLogLevels;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.agent.AgentArrival;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.AgentGateGrpc;
import io.telepresence.rpc.agent.ReachRequest;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.SessionRef;

/** The gRPC edge for agents. Methods are called on event loops. */
public final class AgentGateService extends AgentGateGrpc.AgentGateImplBase {
    private static final Context.Key<String> TOKEN = Context.key("agent-token");
    private final SessionRegistry sessions;
    private final AgentService agents;
    private final ManagerLogLevels levels;

    public AgentGateService(SessionRegistry sessions, AgentService agents, ManagerLogLevels levels) {
        this.sessions = sessions;
        this.agents = agents;
        this.levels = levels;
    }

    /** Takes the bearer token out of the metadata; put it before this service. */
    public static final class TokenReader implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            Context with = Context.current().withValue(TOKEN, AgentAuthenticator.token(headers));
            return Contexts.interceptCall(with, call, headers, next);
        }
    }

    @Override
    public void arriveAsAgent(AgentArrival request, StreamObserver<io.telepresence.rpc.agent.AgentSession> out) {
        String token = TOKEN.get() == null ? "" : TOKEN.get();
        GrpcAnswers.answer("arrive-agent", out, () -> agents.arrive(request, token));
    }

    @Override
    public void remain(AgentBeat request, StreamObserver<RemainReply> out) {
        GrpcAnswers.answerHere(out, () -> beat(request));
    }

    @Override
    public StreamObserver<AgentBeat> heartbeats(StreamObserver<RemainReply> out) {
        return new HeartbeatStream(out, this::beat, sessions::agent);
    }

    private RemainReply beat(AgentBeat beat) {
        boolean known = agents.remain(beat);
        if (known) {
            AgentConnection.trust();
        }
        return RemainReply.newBuilder()
                .setKnown(known)
                .setGraceSeconds(agents.grace(beat.getSessionId()))
                .build();
    }

    @Override
    public void depart(SessionRef request, StreamObserver<Empty> out) {
        GrpcAnswers.answer("depart-agent", out, () -> {
            sessions.depart(request.getSessionId());
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void watchReaches(SessionRef request, StreamObserver<ReachRequest> out) {
        ManagerService.stream(out, () -> {
            agents.watchReaches(request, out);
            AgentConnection.trust();
        });
    }

    @Override
    public void watchEngagements(SessionRef request, StreamObserver<EngagementSnapshot> out) {
        ManagerService.stream(out, () -> {
            agents.watchEngagements(request, out);
            AgentConnection.trust();
        });
    }

    @Override
    public void watchLogLevel(SessionRef request, StreamObserver<LogLevelRequest> out) {
        ManagerService.stream(out, () -> {
            AgentSession agent = GrpcAnswers.agent(sessions, request.getSessionId());
            WatchStream<LogLevelRequest> stream = WatchStream.latest(out, agent);
            stream.closeAtEnd(levels.agents()
                    .watch(level -> stream.send(
                            LogLevelRequest.newBuilder().setLevel(level).build())));
        });
    }
}

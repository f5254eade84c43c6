package io.telepresence.manager.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.limits.ConnectionLimits;
import io.telepresence.limits.GuardedConnection;
import io.telepresence.manager.auth.AgentReview;
import io.telepresence.manager.auth.TokenCheck;
import io.telepresence.rpc.agent.AgentGateGrpc;
import io.telepresence.run.Threads;
import io.telepresence.tunnel.grpc.TunnelService;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Stands before everything that the agents' port serves. A call of a stranger counts on its connection; an arrival's
 * token is judged before its message is read: by itself on the event loop, and only if that finds nothing by the API server.
 */
public final class AgentAuthenticator implements ServerInterceptor {
    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String BEARER = "Bearer ";
    private static final String ARRIVAL = AgentGateGrpc.getArriveAsAgentMethod().getFullMethodName();

    private final ConnectionLimits limits;
    private final TokenCheck tokens;
    private final AgentReview review;
    private final Predicate<String> sessions;

    /** @param sessions whether an agent's session of that id lives */
    public AgentAuthenticator(
            ConnectionLimits limits, TokenCheck tokens, AgentReview review, Predicate<String> sessions) {
        this.limits = limits;
        this.tokens = tokens;
        this.review = review;
        this.sessions = sessions;
    }

    /** Empty where the call has none. */
    static String token(Metadata headers) {
        String value = headers.get(HEADER);
        return value != null && value.startsWith(BEARER) ? value.substring(BEARER.length()) : "";
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Optional<GuardedConnection> connection = limits.of(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
        if (connection.isPresent() && !known(connection.get(), headers)) {
            return refused(
                    call,
                    Status.RESOURCE_EXHAUSTED
                            .withDescription("too many calls before an arrival")
                            .asRuntimeException());
        }
        Context context = connection
                .map(c -> Context.current().withValue(AgentConnection.CURRENT, c))
                .orElseGet(Context::current);
        if (!call.getMethodDescriptor().getFullMethodName().equals(ARRIVAL)) {
            return Contexts.interceptCall(context, call, headers, next);
        }
        DeferredCall<Q> later = new DeferredCall<>(() -> Contexts.interceptCall(context, call, headers, next));
        return arrival(call, token(headers), later, connection);
    }

    /**
     * An agent whose callers come all at once begins many calls on a new connection, and HTTP/2 sends the heads of all before
     * the first message: so the heads say whose they are.
     */
    private boolean known(GuardedConnection connection, Metadata headers) {
        if (!connection.trusted() && sessions.test(TunnelService.session(headers))) {
            connection.trust();
        }
        return connection.call();
    }

    private <Q, A> ServerCall.Listener<Q> arrival(
            ServerCall<Q, A> call, String token, DeferredCall<Q> later, Optional<GuardedConnection> connection) {
        TokenCheck.Verdict seen = tokens.check(token);
        if (seen == TokenCheck.Verdict.BAD) {
            return refused(call, bad());
        }
        Threads.virtual("review-agent", () -> {
            try {
                admit(token, seen);
                connection.ifPresent(GuardedConnection::trust);
                later.begin();
            } catch (FaultException | RuntimeException e) {
                refused(call, e);
            }
        });
        return later;
    }

    private void admit(String token, TokenCheck.Verdict seen) throws FaultException {
        TokenCheck.Verdict verdict = seen == TokenCheck.Verdict.UNKNOWN ? tokens.checkAgain(token) : seen;
        if (verdict == TokenCheck.Verdict.BAD) {
            throw bad();
        }
        review.admit(token, verdict == TokenCheck.Verdict.SIGNED);
    }

    private static FaultException bad() {
        return Fault.denied("an agent needs a service account token of its pod with audience traffic-manager", "")
                .exception();
    }

    private static <Q, A> ServerCall.Listener<Q> refused(ServerCall<Q, A> call, Exception why) {
        StatusRuntimeException status = why instanceof StatusRuntimeException e ? e : FaultStatus.toStatus(why);
        Metadata trailers = status.getTrailers() == null ? new Metadata() : status.getTrailers();
        call.close(status.getStatus(), trailers);
        return new ServerCall.Listener<>() {};
    }
}

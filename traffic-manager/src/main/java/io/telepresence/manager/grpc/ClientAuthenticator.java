package io.telepresence.manager.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultStatus;
import io.telepresence.manager.audit.AuditEntry.Who;
import io.telepresence.manager.audit.StrangerAudit;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.identity.ConnectionKeys;
import io.telepresence.manager.identity.Identities;
import io.telepresence.rpc.manager.ManagerGrpc;
import java.util.Set;

/**
 * Stands before everything that the clients' port serves: finds out whose the call is. Of somebody whom nobody knows it admits
 * what is needed to become known, and the heartbeat, which says that there is no such session.
 */
public final class ClientAuthenticator implements ServerInterceptor {
    private static final Context.Key<Caller> CALLER = Context.keyWithDefault("caller", Caller.UNKNOWN);
    private static final String PROVE = ManagerGrpc.getProveMethod().getFullMethodName();
    private static final Set<String> FOR_ALL = Set.of(
            ManagerGrpc.getVersionMethod().getFullMethodName(),
            ManagerGrpc.getBeginProofMethod().getFullMethodName(),
            PROVE,
            ManagerGrpc.getRemainMethod().getFullMethodName());

    private final ConnectionKeys connections;
    private final Identities identities;
    private final boolean strangers;
    private final StrangerAudit audit;

    /**
     * @param strangers whether who is not known may do everything
     * @param audit told of who is refused here, and of tickets that are not valid
     */
    public ClientAuthenticator(
            ConnectionKeys connections, Identities identities, boolean strangers, StrangerAudit audit) {
        this.connections = connections;
        this.identities = identities;
        this.strangers = strangers;
        this.audit = audit;
    }

    /** Of the present call; read it before leaving the call's thread. */
    public static Caller caller() {
        return CALLER.get();
    }

    /** One in which that caller's calls are served. */
    static Context context(Caller caller) {
        return Context.current().withValue(CALLER, caller);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String key = connections.of(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
        Caller caller = identities.caller(key);
        boolean admitted = strangers
                || caller.person().known()
                || FOR_ALL.contains(call.getMethodDescriptor().getFullMethodName());
        if (!admitted) {
            Fault why = fault(key);
            audit.refused(Who.UNKNOWN, why.text());
            return refuse(call, why);
        }
        boolean proving = call.getMethodDescriptor().getFullMethodName().equals(PROVE);
        return Contexts.interceptCall(context(caller), proving ? told(call, caller) : call, headers, next);
    }

    private <Q, A> ServerCall<Q, A> told(ServerCall<Q, A> call, Caller caller) {
        return new SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                super.close(status, trailers);
                Fault why = status.isOk() ? null : FaultStatus.of(status.asRuntimeException(trailers));
                if (why != null && why.kind() == Fault.Kind.DENIED) {
                    audit.refused(Who.of(caller.person(), ""), why.text());
                }
            }
        };
    }

    private static Fault fault(String key) {
        return key.isEmpty()
                ? Fault.denied(
                        "this traffic-manager asks who its users are, and this client is too old to say so",
                        "Upgrade the client")
                : Fault.denied("the traffic-manager does not know who you are", "");
    }

    private static <Q, A> ServerCall.Listener<Q> refuse(ServerCall<Q, A> call, Fault fault) {
        Metadata trailers = FaultStatus.toStatus(fault.exception()).getTrailers();
        call.close(Status.UNAUTHENTICATED.withDescription(fault.text()), trailers);
        return new ServerCall.Listener<>() {};
    }
}

package io.telepresence.manager.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultStatus;
import io.telepresence.manager.audit.Audit;
import io.telepresence.manager.audit.AuditEntry;
import io.telepresence.manager.audit.AuditEntry.Subject;
import io.telepresence.manager.audit.AuditEntry.Verb;
import io.telepresence.manager.audit.AuditEntry.Who;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.EngageRequest;
import io.telepresence.rpc.manager.GatherLogsRequest;
import io.telepresence.rpc.manager.UninstallRequest;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Records how calls of clients end: arrivals (and with them the ends of sessions), reading of logs, uninstalls, and
 * engagements that come to nothing, whoever has refused them. One entry each.
 */
public final class AuditedCalls implements ServerInterceptor {
    private final SessionRegistry sessions;
    private final Audit audit;
    private final Supplier<Caller> caller;

    /**
     * @param caller asked at the begin of a call, in its context
     */
    public AuditedCalls(SessionRegistry sessions, Audit audit, Supplier<Caller> caller) {
        this.sessions = sessions;
        this.audit = audit;
        this.caller = caller;
    }

    /** @param said what it is about, where it ends well */
    private record Asked(Verb verb, Who who, Subject subject, String said) {
        AuditEntry entry(String result, String reason) {
            return new AuditEntry(verb, who, subject, result, reason);
        }
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        AtomicReference<Asked> open = new AtomicReference<>();
        Caller calling = caller.get();
        ServerCall<Q, A> watched = new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendMessage(A answer) {
                super.sendMessage(answer);
                if (answer instanceof io.telepresence.rpc.manager.ClientSession arrived) {
                    arrived(open.getAndSet(null), arrived, calling);
                }
            }

            @Override
            public void close(Status status, Metadata trailers) {
                super.close(status, trailers);
                Asked asked = open.getAndSet(null);
                if (asked != null) {
                    closed(asked, status, trailers);
                }
            }
        };
        return new SimpleForwardingServerCallListener<>(next.startCall(watched, headers)) {
            @Override
            public void onMessage(Q request) {
                open.set(asked(request, calling));
                super.onMessage(request);
            }

            @Override
            public void onCancel() {
                Asked asked = open.getAndSet(null);
                if (asked != null) {
                    audit.record(asked.entry("cancelled", asked.said()));
                }
                super.onCancel();
            }
        };
    }

    /** Null: nobody will want to know. */
    private Asked asked(Object request, Caller calling) {
        return switch (request) {
            case ClientArrival arrival ->
                new Asked(Verb.CONNECT, Who.of(calling.person(), arrival.getName()), in(arrival.getNamespace()), "");
            case EngageRequest engage -> engage(engage, who(engage.getSessionId(), calling));
            case UninstallRequest uninstall ->
                new Asked(Verb.UNINSTALL, who(uninstall.getSessionId(), calling), uninstall(uninstall, calling), "");
            case GatherLogsRequest logs ->
                new Asked(Verb.LOGS, who(logs.getSessionId(), calling), Subject.NONE, said(logs));
            default -> null;
        };
    }

    private Who who(String sessionId, Caller calling) {
        return sessions.client(sessionId, calling).map(Who::of).orElseGet(() -> Who.of(calling.person(), ""));
    }

    private static Asked engage(EngageRequest request, Who who) {
        EngagementSpec spec = request.getSpec();
        Subject subject = new Subject(
                spec.getNamespace(),
                spec.getWorkloadKind(),
                spec.getWorkload(),
                spec.getKind().name().toLowerCase(Locale.ROOT),
                spec.getName());
        return new Asked(Verb.ATTACH, who, subject, "");
    }

    private static Subject in(String namespace) {
        return new Subject(namespace, "", "", "", "");
    }

    private Subject uninstall(UninstallRequest request, Caller calling) {
        String namespace = request.getNamespace().isEmpty()
                ? sessions.client(request.getSessionId(), calling)
                        .map(s -> s.client().namespace())
                        .orElse("")
                : request.getNamespace();
        String names = request.getAll() ? "*" : String.join(",", request.getWorkloadsList());
        return new Subject(namespace, "", names, "", "");
    }

    private static String said(GatherLogsRequest request) {
        return "traffic-manager: " + request.getTrafficManager() + ", traffic-agents: " + request.getTrafficAgents()
                + ", YAML: " + request.getPodYaml();
    }

    private void arrived(Asked asked, io.telepresence.rpc.manager.ClientSession answer, Caller calling) {
        ClientSession session = sessions.client(answer.getSessionId(), calling).orElse(null);
        if (asked == null || session == null) {
            return;
        }
        audit.record(new AuditEntry(
                Verb.CONNECT, Who.of(session), asked.subject(), answer.getResumed() ? "resumed" : AuditEntry.OK, ""));
        if (!answer.getResumed()) {
            session.onEnd(() -> audit.record(new AuditEntry(
                    Verb.DISCONNECT, Who.of(session), asked.subject(), AuditEntry.OK, session.whyEnded())));
        }
    }

    /** An engagement that works has been recorded where it began to. */
    private void closed(Asked asked, Status status, Metadata trailers) {
        if (!status.isOk()) {
            Fault fault = FaultStatus.of(status.asRuntimeException(trailers));
            boolean refused = fault.kind() == Fault.Kind.USER || fault.kind() == Fault.Kind.DENIED;
            audit.record(asked.entry(refused ? AuditEntry.REFUSED : AuditEntry.FAILED, fault.text()));
        } else if (asked.verb() != Verb.ATTACH) {
            audit.record(asked.entry(AuditEntry.OK, asked.said()));
        }
    }
}

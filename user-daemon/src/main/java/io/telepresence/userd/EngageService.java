package io.telepresence.userd;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.connector.ClientEngagement;
import io.telepresence.rpc.connector.EngageEvent;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.LeaveReply;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.ListRequest;
import io.telepresence.rpc.connector.WorkloadList;
import io.telepresence.rpc.manager.WorkloadQuery;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import io.telepresence.userd.connect.ClusterSession;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.engage.ClientEngagements;
import io.telepresence.userd.engage.EngagementLifecycle;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lists workloads, starts and ends engagements. */
final class EngageService {
    private static final Logger LOG = LoggerFactory.getLogger(EngageService.class);
    private final Connector connector;

    EngageService(Connector connector) {
        this.connector = connector;
    }

    WorkloadList list(ListRequest request) throws FaultException {
        ClusterSession session = connector.live(_ -> {});
        long end = System.nanoTime()
                + session.facts().config().timeouts().managerApi().toNanos();
        while (true) {
            try {
                return shown(session, session.link().calls().listWorkloads(query(session, request)));
            } catch (StatusRuntimeException e) {
                Fault fault = FaultStatus.of(e);
                // The manager may have gone a moment ago, and nobody has noticed yet.
                if (fault.kind() != Fault.Kind.UNREACHABLE || System.nanoTime() - end > 0) {
                    throw fault.exception(e);
                }
                session = connector.liveAgain();
            }
        }
    }

    void watch(ListRequest request, Consumer<WorkloadList> reply) throws FaultException {
        ClusterSession session = connector.live(_ -> {});
        try {
            session.link()
                    .streams()
                    .watchWorkloads(query(session, request))
                    .forEachRemaining(snapshot -> reply.accept(shown(session, snapshot)));
        } catch (StatusRuntimeException e) {
            throw FaultStatus.of(e).exception(e);
        }
    }

    void engage(EngageRequest request, Consumer<EngageEvent> reply) throws FaultException {
        ClusterSession session = connector.session();
        EngagementSpec spec = spec(request, session.facts().namespace());
        List<String> mapped = session.facts().mapped().get();
        boolean own = spec.namespace().equals(session.facts().namespace());
        EngagementLifecycle engaging = session.engaging();
        ClientEngagement made = engaging.engage(
                new EngagementLifecycle.Request(spec, request.getMount(), own ? List.of() : mapped),
                text -> progress(reply, text));
        if (Context.current().isCancelled()) {
            String name = made.getEngagement().getSpec().getName();
            LOG.info("nobody waits for \"{}\" any more: left", name);
            engaging.leave(name, "", spec.namespace());
            return;
        }
        reply.accept(EngageEvent.newBuilder().setEngagement(made).build());
    }

    private static EngagementSpec spec(EngageRequest request, String namespace) throws FaultException {
        var wire = request.getSpec();
        return EngagementCodec.spec(
                wire.getNamespace().isEmpty()
                        ? wire.toBuilder().setNamespace(namespace).build()
                        : wire);
    }

    LeaveReply leave(LeaveRequest request) throws FaultException {
        ClusterSession session = connector.session();
        String id = session.engaging().leave(request.getName(), request.getContainer(), request.getNamespace());
        return LeaveReply.newBuilder().setId(id).build();
    }

    /** Complete when the engagement is over, whoever ended it. */
    CompletableFuture<String> ended(LeaveRequest request) throws FaultException {
        return connector
                .session()
                .engagements()
                .ended(request.getName(), request.getContainer(), request.getNamespace());
    }

    /** Who asked may have gone; that is seen at the end. */
    private static void progress(Consumer<EngageEvent> reply, String text) {
        try {
            reply.accept(EngageEvent.newBuilder().setProgress(text).build());
        } catch (StatusRuntimeException e) {
            LOG.debug("nobody hears: {}", text);
        }
    }

    /** With what only this client knows of its own engagements. */
    private static WorkloadList shown(ClusterSession session, WorkloadSnapshot told) {
        ClientEngagements engagements = session.engagements();
        return WorkloadList.newBuilder()
                .setSnapshot(told)
                .addAllOwn(told.getWorkloadsList().stream()
                        .flatMap(w -> EngagementCodec.engagements(w.getEngagementsList()).stream())
                        .map(engagements::shown)
                        .flatMap(Optional::stream)
                        .toList())
                .build();
    }

    private static WorkloadQuery query(ClusterSession session, ListRequest request) {
        String namespace = request.getNamespace();
        return WorkloadQuery.newBuilder()
                .setSessionId(session.link().ref().getSessionId())
                .addNamespaces(namespace.isEmpty() ? session.facts().namespace() : namespace)
                .build();
    }
}

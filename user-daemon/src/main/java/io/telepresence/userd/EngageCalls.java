package io.telepresence.userd;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.connector.EngageEvent;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.LeaveReply;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.ListRequest;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.manager.Workload;
import io.telepresence.rpc.manager.WorkloadQuery;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.connect.Session;
import io.telepresence.userd.engage.Engaging;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lists workloads, starts and ends engagements. */
final class EngageCalls {
    private static final Logger LOG = LoggerFactory.getLogger(EngageCalls.class);
    private final Connector connector;

    EngageCalls(Connector connector) {
        this.connector = connector;
    }

    WorkloadSnapshot list(ListRequest request) throws FaultException {
        Session session = connector.live(_ -> {});
        long end = System.nanoTime()
                + session.facts().config().timeouts().managerApi().toNanos();
        while (true) {
            try {
                return shown(session, session.parts().link().calls().listWorkloads(query(session, request)));
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

    void watch(ListRequest request, Consumer<WorkloadSnapshot> reply) throws FaultException {
        Session session = connector.live(_ -> {});
        try {
            session.parts()
                    .link()
                    .streams()
                    .watchWorkloads(query(session, request))
                    .forEachRemaining(snapshot -> reply.accept(shown(session, snapshot)));
        } catch (StatusRuntimeException e) {
            throw FaultStatus.of(e).exception(e);
        }
    }

    void engage(EngageRequest request, Consumer<EngageEvent> reply) throws FaultException {
        Session session = connector.session();
        EngagementSpec spec = request.getSpec();
        if (spec.getNamespace().isEmpty()) {
            spec = spec.toBuilder().setNamespace(session.facts().namespace()).build();
        }
        List<String> mapped = session.facts().mapped();
        boolean own = spec.getNamespace().equals(session.facts().namespace());
        Engaging engaging = session.parts().engaging();
        Engagement made = engaging.engage(
                new Engaging.Wish(spec, request.getMount(), own ? List.of() : mapped), text -> progress(reply, text));
        if (Context.current().isCancelled()) {
            LOG.info("nobody waits for \"{}\" any more: left", made.getSpec().getName());
            engaging.leave(made.getSpec().getName(), "", made.getSpec().getNamespace());
            return;
        }
        reply.accept(EngageEvent.newBuilder().setEngagement(made).build());
    }

    LeaveReply leave(LeaveRequest request) throws FaultException {
        Session session = connector.session();
        String id = session.parts().engaging().leave(request.getName(), request.getContainer(), request.getNamespace());
        return LeaveReply.newBuilder().setId(id).build();
    }

    /** Complete when the engagement is over, whoever ended it. */
    CompletableFuture<String> ended(LeaveRequest request) throws FaultException {
        return connector
                .session()
                .parts()
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

    /** With what only this laptop knows of its own engagements. */
    private static WorkloadSnapshot shown(Session session, WorkloadSnapshot told) {
        WorkloadSnapshot.Builder all = told.toBuilder();
        for (Workload.Builder workload : all.getWorkloadsBuilderList()) {
            for (int i = 0; i < workload.getEngagementsCount(); i++) {
                workload.setEngagements(i, session.parts().engagements().shown(workload.getEngagements(i)));
            }
        }
        return all.build();
    }

    private static WorkloadQuery query(Session session, ListRequest request) {
        String namespace = request.getNamespace();
        return WorkloadQuery.newBuilder()
                .setSessionId(session.parts().link().ref().getSessionId())
                .addNamespaces(namespace.isEmpty() ? session.facts().namespace() : namespace)
                .build();
    }
}

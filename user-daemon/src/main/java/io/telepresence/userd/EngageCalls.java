package io.telepresence.userd;

import io.grpc.StatusRuntimeException;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.connector.EngageEvent;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.ListRequest;
import io.telepresence.rpc.manager.Engagement;
import io.telepresence.rpc.manager.EngagementSpec;
import io.telepresence.rpc.manager.WorkloadQuery;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.connect.Session;
import java.util.List;
import java.util.function.Consumer;

/** Lists workloads, starts and ends engagements. */
final class EngageCalls {
    private final Connector connector;

    EngageCalls(Connector connector) {
        this.connector = connector;
    }

    WorkloadSnapshot list(ListRequest request) throws FaultException {
        Session session = connector.session();
        try {
            return session.parts().link().calls().listWorkloads(query(session, request));
        } catch (StatusRuntimeException e) {
            throw FaultStatus.of(e).exception(e);
        }
    }

    void watch(ListRequest request, Consumer<WorkloadSnapshot> reply) throws FaultException {
        Session session = connector.session();
        try {
            session.parts()
                    .link()
                    .streams()
                    .watchWorkloads(query(session, request))
                    .forEachRemaining(reply);
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
        Engagement made = session.parts()
                .engagements()
                .engage(
                        session.parts().link(),
                        spec,
                        own ? List.of() : mapped,
                        session.facts().config().timeouts().intercept(),
                        text -> reply.accept(
                                EngageEvent.newBuilder().setProgress(text).build()));
        reply.accept(EngageEvent.newBuilder().setEngagement(made).build());
    }

    Empty leave(LeaveRequest request) throws FaultException {
        Session session = connector.session();
        session.parts().engagements().leave(session.parts().link(), request.getName());
        return Empty.getDefaultInstance();
    }

    private static WorkloadQuery query(Session session, ListRequest request) {
        String namespace = request.getNamespace();
        return WorkloadQuery.newBuilder()
                .setSessionId(session.parts().link().ref().getSessionId())
                .addNamespaces(namespace.isEmpty() ? session.facts().namespace() : namespace)
                .build();
    }
}

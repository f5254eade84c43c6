package io.telepresence.userd;

import io.grpc.StatusRuntimeException;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.Explanation;
import io.telepresence.rpc.manager.UninstallProgress;
import io.telepresence.rpc.manager.UninstallRequest;
import io.telepresence.rpc.manager.YamlReply;
import io.telepresence.rpc.manager.YamlRequest;
import io.telepresence.userd.connect.ClusterSession;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.manager.ManagerSession;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What the manager answers by itself; this daemon only says on whose behalf it is asked, and in which namespace. */
final class ManagerProxy {
    /** Rolling many workloads takes its time; the manager has limits of its own for each. */
    private static final int UNINSTALL_MINUTES = 15;

    private final Connector connector;

    ManagerProxy(Connector connector) {
        this.connector = connector;
    }

    void uninstall(UninstallRequest request, Consumer<UninstallProgress> reply) throws FaultException {
        ClusterSession session = connector.session();
        ManagerSession link = session.link();
        UninstallRequest whole = request.toBuilder()
                .setSessionId(link.ref().getSessionId())
                .setNamespace(namespace(session, request.getNamespace()))
                .build();
        try {
            link.streams()
                    .withDeadlineAfter(UNINSTALL_MINUTES, TimeUnit.MINUTES)
                    .uninstall(whole)
                    .forEachRemaining(reply);
        } catch (StatusRuntimeException e) {
            throw FaultStatus.of(e).exception(e);
        }
    }

    Explanation explain(ExplainRequest request) throws FaultException {
        ClusterSession session = connector.session();
        ManagerSession link = session.link();
        ExplainRequest whole = request.toBuilder()
                .setSessionId(link.ref().getSessionId())
                .setNamespace(namespace(session, request.getNamespace()))
                .build();
        try {
            return link.calls().explain(whole);
        } catch (StatusRuntimeException e) {
            throw FaultStatus.of(e).exception(e);
        }
    }

    YamlReply generateYaml(YamlRequest request) throws FaultException {
        ClusterSession session = connector.session();
        ManagerSession link = session.link();
        YamlRequest whole = request.toBuilder()
                .setSessionId(link.ref().getSessionId())
                .setNamespace(namespace(session, request.getNamespace()))
                .build();
        try {
            return link.calls().generateYaml(whole);
        } catch (StatusRuntimeException e) {
            throw FaultStatus.of(e).exception(e);
        }
    }

    private static String namespace(ClusterSession session, String wished) {
        return wished.isEmpty() ? session.facts().namespace() : wished;
    }
}

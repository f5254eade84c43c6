package io.telepresence.userd;

import io.telepresence.agree.Routing;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.ConnectEvent;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.Connected;
import io.telepresence.rpc.connector.DisconnectReply;
import io.telepresence.rpc.connector.PhaseTime;
import io.telepresence.rpc.connector.QuitReply;
import io.telepresence.userd.connect.ClusterSession;
import io.telepresence.userd.connect.ConnectParameters;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.kubeauth.KubeFlagsTranslator;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import io.telepresence.userd.kubeconfig.PluginTerminal;
import io.telepresence.userd.logs.LogSetup;
import io.telepresence.userd.rootd.RootDaemonClient;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/** Connect, disconnect, quit. */
final class ConnectService {
    private final Connector connector;
    private final CommandTerminals terminals;
    private final LogSetup logs;
    private final CountDownLatch ended;

    /** @param ended counted down when this daemon shall end */
    ConnectService(Connector connector, CommandTerminals terminals, LogSetup logs, CountDownLatch ended) {
        this.connector = connector;
        this.terminals = terminals;
        this.logs = logs;
        this.ended = ended;
    }

    void connect(ConnectRequest request, Consumer<ConnectEvent> reply) throws FaultException {
        Connector.Outcome outcome = connector.connect(
                parameters(request, terminals.find(request.getKube().getTerminal())),
                text -> reply.accept(ConnectEvent.newBuilder().setProgress(text).build()));
        ClusterSession.Facts facts = outcome.session().facts();
        if (!outcome.already()) {
            logs.configured(facts.config().logLevels().userDaemon());
        }
        Connected.Builder connected = Connected.newBuilder()
                .setAlreadyConnected(outcome.already())
                .setContext(facts.context())
                .setNamespace(facts.namespace())
                .setServer(facts.server())
                .addAllWarnings(outcome.warnings());
        facts.phases()
                .forEach(p -> connected.addPhases(
                        PhaseTime.newBuilder().setPhase(p.name()).setMillis(p.millis())));
        reply.accept(ConnectEvent.newBuilder().setConnected(connected).build());
    }

    /** @param terminal where the caller waits */
    private static ConnectParameters parameters(ConnectRequest request, PluginTerminal terminal) {
        KubeconfigRequest kube = KubeFlagsTranslator.request(request.getKube(), terminal);
        String file = request.getKube().getConfigFile();
        return new ConnectParameters(
                kube,
                file.isEmpty() ? "" : kube.workingDirectory().resolve(file).toString(),
                request.getName(),
                request.getNamespace(),
                request.getManagerNamespace(),
                List.copyOf(request.getMappedNamespacesList()),
                Routing.fromWire(request.getRouting()),
                request.getReuseOnly(),
                request.getApiServerDial());
    }

    DisconnectReply disconnect() {
        return DisconnectReply.newBuilder()
                .setWasConnected(connector.disconnect())
                .build();
    }

    QuitReply quit() {
        connector.quit();
        boolean stays = RootDaemonClient.quit(connector.place().rootSocket());
        return QuitReply.newBuilder().setRootDaemonStays(stays).build();
    }

    /** After the answer to quit went out. */
    void end() {
        ended.countDown();
    }
}

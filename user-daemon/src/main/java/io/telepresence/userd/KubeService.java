package io.telepresence.userd;

import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.connector.Context;
import io.telepresence.rpc.connector.Contexts;
import io.telepresence.rpc.connector.HelmEvent;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.rpc.connector.KubeFlags;
import io.telepresence.rpc.connector.Names;
import io.telepresence.rpc.connector.RevokeRequest;
import io.telepresence.userd.apiserver.ApiServer;
import io.telepresence.userd.apiserver.ClusterGateway;
import io.telepresence.userd.apiserver.ManagerPods;
import io.telepresence.userd.config.ClientConfig;
import io.telepresence.userd.connect.ClusterSession;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.helm.HelmService;
import io.telepresence.userd.kubeauth.KubeFlagsTranslator;
import io.telepresence.userd.kubeconfig.FlattenedKubeconfig;
import io.telepresence.userd.kubeconfig.KubeTarget;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import io.telepresence.userd.kubeconfig.Kubeconfigs;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** What kubeconfig and API server tell without a session. */
final class KubeService {
    private final Connector connector;
    private final CommandTerminals terminals;

    KubeService(Connector connector, CommandTerminals terminals) {
        this.connector = connector;
        this.terminals = terminals;
    }

    private KubeconfigRequest options(KubeFlags wire) {
        return KubeFlagsTranslator.request(wire, terminals.find(wire.getTerminal()));
    }

    Contexts contexts(KubeFlags request) throws FaultException {
        Contexts.Builder all = Contexts.newBuilder();
        for (Kubeconfigs.Context each : Kubeconfigs.contexts(options(request))) {
            all.addContexts(Context.newBuilder()
                    .setName(each.name())
                    .setCluster(each.cluster())
                    .setUser(each.user())
                    .setNamespace(each.namespace())
                    .setCurrent(each.current()));
        }
        return all.build();
    }

    /** From the API server; who may not list there gets what the manager tells, if connected. */
    Names namespaces(KubeFlags request) throws FaultException {
        KubeconfigRequest options = options(request);
        KubeTarget target = Kubeconfigs.read(options);
        try (ClusterGateway gateway = new ClusterGateway(
                ApiServer.open(target), ClientConfig.DEFAULT.timeouts().clusterConnect())) {
            return Names.newBuilder().addAllNames(gateway.namespaces()).build();
        } catch (FaultException e) {
            Optional<ClusterSession> session = connector.current();
            if (e.fault().kind() == Fault.Kind.DENIED && session.isPresent()) {
                List<String> told = session.get().cluster().get().getNamespacesList();
                return Names.newBuilder().addAllNames(told).build();
            }
            throw e;
        }
    }

    /** Why the manager there does not answer, in words; empty: it does. */
    private static String managerTrouble(KubeTarget target, String namespace) {
        try (ClusterGateway gateway = new ClusterGateway(
                ApiServer.open(target), ClientConfig.DEFAULT.timeouts().clusterConnect())) {
            new ManagerPods(gateway, namespace).find();
            return "";
        } catch (FaultException e) {
            return e.fault().text();
        }
    }

    /** Asks the manager, through its ConfigMap, to end an engagement, with the caller's own rights in the cluster. */
    Empty revoke(RevokeRequest request) throws FaultException {
        String id = request.getEngagementId();
        if (id.indexOf(':') < 1 || id.endsWith(":") || id.chars().anyMatch(c -> c <= ' ')) {
            throw Fault.user(
                            "\"" + id + "\" is not the ID of an engagement",
                            "\"telepresence list --debug\" shows it; it ends with a colon and the name")
                    .exception();
        }
        KubeTarget target = Kubeconfigs.read(options(request.getKube()));
        try (ClusterGateway gateway = new ClusterGateway(
                ApiServer.open(target), ClientConfig.DEFAULT.timeouts().clusterConnect())) {
            gateway.appendLine(managerNamespace(request), AgentNames.MANAGER_APP, "revoke", id);
            return Empty.getDefaultInstance();
        } catch (FaultException e) {
            if (e.fault().kind() == Fault.Kind.DENIED) {
                throw Fault.denied(
                                e.fault().text(),
                                "Revoking is for administrators: it needs get and patch on the ConfigMap "
                                        + AgentNames.MANAGER_APP)
                        .exception(e);
            }
            if (e.fault().kind() == Fault.Kind.USER && e.fault().remedy().isEmpty()) {
                throw Fault.user(
                                e.fault().text(),
                                "Is the traffic-manager in another namespace? See --manager-namespace")
                        .exception(e);
            }
            throw e;
        }
    }

    /** The one that was asked for, else the session's, else the default. */
    private String managerNamespace(RevokeRequest request) {
        String wished = request.getManagerNamespace();
        String variable = request.getKube().getEnvironmentOrDefault("TELEPRESENCE_MANAGER_NAMESPACE", "");
        if (!wished.isEmpty() || !variable.isEmpty()) {
            return wished.isEmpty() ? variable : wished;
        }
        return connector.current().map(s -> s.facts().managerNamespace()).orElse(AgentNames.MANAGER_NAMESPACE);
    }

    void helm(HelmRequest request, Consumer<HelmEvent> reply) throws FaultException {
        boolean local = request.getVerb() == HelmRequest.Verb.LINT || request.getVerb() == HelmRequest.Verb.VERSION;
        KubeTarget target = local
                ? new KubeTarget("", "default", Map.of(), Map.of(), "")
                : FlattenedKubeconfig.withCredentials(Kubeconfigs.read(options(request.getKube())));
        String output = HelmService.run(
                request,
                target,
                line -> reply.accept(HelmEvent.newBuilder().setProgress(line).build()),
                namespace -> managerTrouble(target, namespace));
        reply.accept(HelmEvent.newBuilder().setOutput(output).build());
    }
}

package io.telepresence.userd;

import io.telepresence.agree.Versions;
import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.connector.ConnectorStatus;
import io.telepresence.rpc.connector.RootDaemonStatus;
import io.telepresence.rpc.connector.TrafficManagerStatus;
import io.telepresence.userd.connect.ClusterSession;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.connect.DaemonPaths;
import io.telepresence.userd.connect.Hosts;
import io.telepresence.userd.health.HealthWarning;
import io.telepresence.userd.kubeauth.KubeAuthClient;
import io.telepresence.userd.rootd.RootDaemonClient;
import java.util.Optional;

/** Tells everything about this daemon, the root daemon and the session. */
final class StatusService {
    private final Connector connector;
    private final KubeAuthClient host;

    StatusService(Connector connector, KubeAuthClient host) {
        this.connector = connector;
        this.host = host;
    }

    ConnectorStatus run() {
        DaemonPaths place = connector.place();
        ConnectorStatus.Builder status = ConnectorStatus.newBuilder()
                .setVersion(Versions.info("User Daemon"))
                .setExecutable(place.executable().toString())
                .setInstallId(place.installId())
                .setStatus(connector.statusText())
                .setInDocker(place.inDocker())
                .setHostname(place.inDocker() ? Hosts.name() : "")
                .setHostPresent(host.present())
                .addAllTroubles(connector.health().sentences());
        Optional<ClusterSession> session = connector.current();
        session.ifPresent(s -> connected(status, s));
        Optional<VersionInfo> root = RootDaemonClient.version(place.rootSocket());
        root.ifPresent(version -> {
            RootDaemonStatus.Builder daemon = RootDaemonStatus.newBuilder().setVersion(version);
            session.ifPresent(s -> daemon.setNetwork(s.root().status().get()));
            status.setRootDaemon(daemon);
        });
        return status.build();
    }

    private void connected(ConnectorStatus.Builder status, ClusterSession session) {
        ClusterSession.Facts facts = session.facts();
        status.setKubernetesServer(facts.server())
                .setKubernetesContext(facts.context())
                .setNamespace(facts.namespace())
                .setManagerNamespace(facts.managerNamespace())
                .addAllMappedNamespaces(facts.mapped().get())
                .addAllEngagements(session.engagements().shown())
                .setConnectionName(facts.name())
                .setClusterUser(session.prover().user());
        if (!connector.health().has(HealthWarning.MANAGER_LINK)) {
            status.setTrafficManager(TrafficManagerStatus.newBuilder()
                    .setVersion(facts.manager())
                    .setAgentImage(session.link().session().get().getAgentImage()));
        }
    }
}

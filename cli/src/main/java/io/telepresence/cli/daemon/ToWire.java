package io.telepresence.cli.daemon;

import com.google.protobuf.ByteString;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.GatherLogsRequest;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.rpc.connector.StringList;
import io.telepresence.rpc.manager.EngagementKind;
import io.telepresence.rpc.manager.EngagementSpec;
import io.telepresence.rpc.manager.PortRequest;

/** Wishes as messages. */
final class ToWire {
    private ToWire() {}

    static io.telepresence.rpc.connector.KubeFlags kube(KubeFlags kube) {
        KubeFlags.Place place = kube.place();
        var wire = io.telepresence.rpc.connector.KubeFlags.newBuilder()
                .setKubeconfigEnv(place.kubeconfig())
                .setHome(place.home())
                .setWorkingDirectory(place.workingDirectory())
                .setInCluster(place.inCluster())
                .setConfigFile(place.configFile())
                .setKubeconfigStdin(ByteString.copyFrom(kube.stdin()));
        kube.flags()
                .forEach((name, values) -> wire.putFlags(
                        name, StringList.newBuilder().addAllValues(values).build()));
        return wire.build();
    }

    static ConnectRequest connect(ConnectWish wish) {
        return ConnectRequest.newBuilder()
                .setKube(kube(wish.kube()))
                .setName(wish.name())
                .setNamespace(wish.namespace())
                .setManagerNamespace(wish.managerNamespace())
                .addAllMappedNamespaces(wish.mapped())
                .addAllAlsoProxy(wish.subnets().alsoProxy())
                .addAllNeverProxy(wish.subnets().neverProxy())
                .addAllAllowConflictingSubnets(wish.subnets().allowConflicting())
                .build();
    }

    static EngageRequest engage(EngageWish wish) {
        EngagementSpec.Builder spec = EngagementSpec.newBuilder()
                .setKind(EngagementKind.INTERCEPT)
                .setName(wish.name())
                .setNamespace(wish.workload().namespace())
                .setWorkload(wish.workload().name())
                .setService(wish.service())
                .setContainer(wish.container())
                .setTargetHost(wish.address());
        wish.ports()
                .forEach(p -> spec.addPorts(
                        PortRequest.newBuilder().setLocalPort(p.local()).setIdentifier(p.identifier())));
        return EngageRequest.newBuilder().setSpec(spec).build();
    }

    static HelmRequest helm(HelmWish wish) {
        HelmWish.Switches switches = wish.switches();
        return HelmRequest.newBuilder()
                .setVerb(
                        switch (wish.verb()) {
                            case INSTALL -> HelmRequest.Verb.INSTALL;
                            case UPGRADE -> HelmRequest.Verb.UPGRADE;
                            case UNINSTALL -> HelmRequest.Verb.UNINSTALL;
                            case LINT -> HelmRequest.Verb.LINT;
                            case VERSION -> HelmRequest.Verb.VERSION;
                        })
                .setKube(kube(wish.kube()))
                .setManagerNamespace(wish.managerNamespace())
                .setCreateNamespace(switches.createNamespace())
                .setNoHooks(switches.noHooks())
                .setVersion(switches.version())
                .setResetValues(switches.resetValues())
                .setReuseValues(switches.reuseValues())
                .addAllSet(wish.values().set())
                .addAllSetFile(wish.values().setFile())
                .addAllSetJson(wish.values().setJson())
                .addAllSetString(wish.values().setString())
                .addAllValues(wish.values().files())
                .build();
    }

    static LogLevelRequest logLevel(LogLevelWish wish) {
        return LogLevelRequest.newBuilder()
                .setLevel(wish.level())
                .setDurationSeconds(wish.duration().toSeconds())
                .setLocalOnly(wish.localOnly())
                .setRemoteOnly(wish.remoteOnly())
                .build();
    }

    static GatherLogsRequest logs(LogsWish wish) {
        return GatherLogsRequest.newBuilder()
                .setAnonymize(wish.anonymize())
                .setDaemons(wish.daemons())
                .setPodYaml(wish.podYaml())
                .setOutputFile(wish.outputFile())
                .setTrafficAgents(wish.trafficAgents())
                .setTrafficManager(wish.trafficManager())
                .build();
    }
}

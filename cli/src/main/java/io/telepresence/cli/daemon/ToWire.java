package io.telepresence.cli.daemon;

import com.google.protobuf.ByteString;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.PortRequest;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.GatherLogsRequest;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.rpc.connector.StringList;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.YamlRequest;

/** Wishes as messages. */
final class ToWire {
    private ToWire() {}

    /** The same with what plugins need, for a daemon of this machine. */
    static io.telepresence.rpc.connector.KubeFlags kube(KubeFlags kube, String terminal) {
        return kube(kube).toBuilder()
                .putAllEnvironment(kube.shell().environment())
                .setTerminal(terminal)
                .build();
    }

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
                .setApiServerDial(wish.dial())
                .build();
    }

    static EngageRequest engage(EngageWish wish) {
        EngageWish.Traffic traffic = wish.traffic();
        EngagementSpec spec = new EngagementSpec(
                wish.kind(),
                wish.name(),
                wish.workload().namespace(),
                wish.workload().name(),
                "",
                traffic.service(),
                wish.workload().container(),
                traffic.address(),
                traffic.ports().stream()
                        .map(p -> new PortRequest(p.local(), p.identifier()))
                        .toList(),
                new EngagementOptions(
                        traffic.filter(), traffic.mechanism(), traffic.plaintext(), traffic.metadata(), wish.toPod()));
        return EngageRequest.newBuilder()
                .setSpec(EngagementCodec.toWire(spec))
                .setMount(mount(wish.mount()))
                .build();
    }

    private static MountRequest mount(EngageWish.Mount mount) {
        return MountRequest.newBuilder()
                .setMode(
                        switch (mount.mode()) {
                            case AUTO -> MountRequest.Mode.AUTO;
                            case NONE -> MountRequest.Mode.NONE;
                            case PATH -> MountRequest.Mode.PATH;
                        })
                .setPath(mount.path())
                .setReadOnly(mount.readOnly())
                .setLocalMountPort(mount.port())
                .setHandlerHost(mount.handler())
                .build();
    }

    static LeaveRequest leave(LeaveWish wish) {
        return LeaveRequest.newBuilder()
                .setName(wish.name())
                .setContainer(wish.container())
                .setNamespace(wish.namespace())
                .build();
    }

    static ExplainRequest why(WhyWish wish) {
        WhyWish.Request request = wish.request();
        ExplainRequest.Builder wire = ExplainRequest.newBuilder()
                .setNamespace(wish.namespace())
                .setMethod(request.method())
                .setHost(request.host())
                .setPort(request.port())
                .setTarget(request.target())
                .setLast(wish.last());
        request.headers()
                .forEach(h -> wire.addHeaders(
                        HttpHeader.newBuilder().setName(h.name()).setValue(h.value())));
        return wire.build();
    }

    static YamlRequest yaml(YamlWish wish) {
        return YamlRequest.newBuilder()
                .setWhat(
                        switch (wish.what()) {
                            case CONFIG -> YamlRequest.What.CONFIG;
                            case CONTAINER -> YamlRequest.What.CONTAINER;
                            case INITCONTAINER -> YamlRequest.What.INIT_CONTAINER;
                            case ANNOTATIONS -> YamlRequest.What.ANNOTATIONS;
                            case VOLUME -> YamlRequest.What.VOLUME;
                        })
                .setNamespace(wish.namespace())
                .setWorkload(wish.workload())
                .setInput(wish.input())
                .setAgentConfig(wish.agentConfig())
                .putAllOptions(wish.options())
                .build();
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

package io.telepresence.cli.connector;

import com.google.protobuf.ByteString;
import io.telepresence.cli.daemon.ConnectRequest;
import io.telepresence.cli.daemon.EngageRequest;
import io.telepresence.cli.daemon.GatherLogsRequest;
import io.telepresence.cli.daemon.HelmRequest;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.cli.daemon.LeaveRequest;
import io.telepresence.cli.daemon.LogLevelRequest;
import io.telepresence.cli.daemon.WhyRequest;
import io.telepresence.cli.daemon.YamlRequest;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.PortRequest;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.rpc.connector.StringList;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.manager.ExplainRequest;

/** Requests as messages. */
public final class ToWire {
    private ToWire() {}

    /** The same with what plugins need, for a daemon of this machine. */
    public static io.telepresence.rpc.connector.KubeFlags kube(KubeFlags kube, String terminal) {
        return kube(kube).toBuilder()
                .putAllEnvironment(kube.shell().environment())
                .setTerminal(terminal)
                .build();
    }

    public static io.telepresence.rpc.connector.KubeFlags kube(KubeFlags kube) {
        KubeFlags.CallerEnvironment place = kube.place();
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

    static io.telepresence.rpc.connector.ConnectRequest connect(ConnectRequest request) {
        return io.telepresence.rpc.connector.ConnectRequest.newBuilder()
                .setKube(kube(request.kube()))
                .setName(request.name())
                .setNamespace(request.namespace())
                .setManagerNamespace(request.managerNamespace())
                .addAllMappedNamespaces(request.mapped())
                .setRouting(request.routing().toWire())
                .setApiServerDial(request.dial())
                .build();
    }

    static io.telepresence.rpc.connector.EngageRequest engage(EngageRequest request) {
        EngageRequest.Traffic traffic = request.traffic();
        EngagementSpec spec = new EngagementSpec(
                request.kind(),
                request.name(),
                request.workload().namespace(),
                request.workload().name(),
                "",
                traffic.service(),
                request.workload().container(),
                traffic.address(),
                traffic.ports().stream()
                        .map(p -> new PortRequest(p.local(), p.identifier()))
                        .toList(),
                new EngagementOptions(
                        traffic.filter(),
                        traffic.mechanism(),
                        traffic.plaintext(),
                        traffic.metadata(),
                        request.toPod()));
        return io.telepresence.rpc.connector.EngageRequest.newBuilder()
                .setSpec(EngagementCodec.toWire(spec))
                .setMount(mount(request.mount()))
                .build();
    }

    private static MountRequest mount(EngageRequest.Mount mount) {
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

    static io.telepresence.rpc.connector.LeaveRequest leave(LeaveRequest request) {
        return io.telepresence.rpc.connector.LeaveRequest.newBuilder()
                .setName(request.name())
                .setContainer(request.container())
                .setNamespace(request.namespace())
                .build();
    }

    static ExplainRequest why(WhyRequest request) {
        WhyRequest.Request http = request.request();
        ExplainRequest.Builder wire = ExplainRequest.newBuilder()
                .setNamespace(request.namespace())
                .setMethod(http.method())
                .setHost(http.host())
                .setPort(http.port())
                .setTarget(http.target())
                .setLast(request.last());
        http.headers()
                .forEach(h -> wire.addHeaders(
                        HttpHeader.newBuilder().setName(h.name()).setValue(h.value())));
        return wire.build();
    }

    static io.telepresence.rpc.manager.YamlRequest yaml(YamlRequest request) {
        return io.telepresence.rpc.manager.YamlRequest.newBuilder()
                .setWhat(
                        switch (request.what()) {
                            case CONFIG -> io.telepresence.rpc.manager.YamlRequest.What.CONFIG;
                            case CONTAINER -> io.telepresence.rpc.manager.YamlRequest.What.CONTAINER;
                            case INITCONTAINER -> io.telepresence.rpc.manager.YamlRequest.What.INIT_CONTAINER;
                            case ANNOTATIONS -> io.telepresence.rpc.manager.YamlRequest.What.ANNOTATIONS;
                            case VOLUME -> io.telepresence.rpc.manager.YamlRequest.What.VOLUME;
                        })
                .setNamespace(request.namespace())
                .setWorkload(request.workload())
                .setInput(request.input())
                .setAgentConfig(request.agentConfig())
                .putAllOptions(request.options())
                .build();
    }

    static io.telepresence.rpc.connector.HelmRequest helm(HelmRequest request) {
        HelmRequest.Switches switches = request.switches();
        return io.telepresence.rpc.connector.HelmRequest.newBuilder()
                .setVerb(
                        switch (request.verb()) {
                            case INSTALL -> io.telepresence.rpc.connector.HelmRequest.Verb.INSTALL;
                            case UPGRADE -> io.telepresence.rpc.connector.HelmRequest.Verb.UPGRADE;
                            case UNINSTALL -> io.telepresence.rpc.connector.HelmRequest.Verb.UNINSTALL;
                            case LINT -> io.telepresence.rpc.connector.HelmRequest.Verb.LINT;
                            case VERSION -> io.telepresence.rpc.connector.HelmRequest.Verb.VERSION;
                        })
                .setKube(kube(request.kube()))
                .setManagerNamespace(request.managerNamespace())
                .setCreateNamespace(switches.createNamespace())
                .setNoHooks(switches.noHooks())
                .setVersion(switches.version())
                .setResetValues(switches.resetValues())
                .setReuseValues(switches.reuseValues())
                .addAllSet(request.values().set())
                .addAllSetFile(request.values().setFile())
                .addAllSetJson(request.values().setJson())
                .addAllSetString(request.values().setString())
                .addAllValues(request.values().files())
                .build();
    }

    static io.telepresence.rpc.common.LogLevelRequest logLevel(LogLevelRequest request) {
        return io.telepresence.rpc.common.LogLevelRequest.newBuilder()
                .setLevel(request.level())
                .setDurationSeconds(request.duration().toSeconds())
                .setLocalOnly(request.localOnly())
                .setRemoteOnly(request.remoteOnly())
                .build();
    }

    static io.telepresence.rpc.connector.GatherLogsRequest logs(GatherLogsRequest request) {
        return io.telepresence.rpc.connector.GatherLogsRequest.newBuilder()
                .setAnonymize(request.anonymize())
                .setDaemons(request.daemons())
                .setPodYaml(request.podYaml())
                .setOutputFile(request.outputFile())
                .setTrafficAgents(request.trafficAgents())
                .setTrafficManager(request.trafficManager())
                .build();
    }
}

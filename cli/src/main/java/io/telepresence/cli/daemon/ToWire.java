package io.telepresence.cli.daemon;

import com.google.protobuf.ByteString;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.GatherLogsRequest;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.rpc.connector.StringList;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.engagement.HttpPath;
import io.telepresence.rpc.engagement.PodPort;
import io.telepresence.rpc.engagement.PortRequest;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.YamlRequest;
import io.telepresence.rpc.tunnel.Protocol;

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
        EngagementSpec.Builder spec = filter(traffic.filter())
                .setKind(EngagementCodec.toWire(wish.kind()))
                .setName(wish.name())
                .setNamespace(wish.workload().namespace())
                .setWorkload(wish.workload().name())
                .setContainer(wish.workload().container())
                .setService(traffic.service())
                .setTargetHost(traffic.address())
                .setMechanism(traffic.mechanism())
                .setPlaintext(traffic.plaintext())
                .putAllMetadata(traffic.metadata());
        traffic.ports()
                .forEach(p -> spec.addPorts(
                        PortRequest.newBuilder().setLocalPort(p.local()).setIdentifier(p.identifier())));
        wish.toPod()
                .forEach(p -> spec.addToPod(PodPort.newBuilder()
                        .setProtocol(p.protocol().equals("UDP") ? Protocol.UDP : Protocol.TCP)
                        .setPort(p.port())));
        return EngageRequest.newBuilder()
                .setSpec(spec)
                .setMount(mount(wish.mount()))
                .build();
    }

    static EngagementSpec.Builder filter(EngageWish.Filter filter) {
        EngagementSpec.Builder spec = EngagementSpec.newBuilder();
        filter.headers().forEach(h -> spec.addHttpHeaders(header(h)));
        filter.paths()
                .forEach(p -> spec.addHttpPaths(HttpPath.newBuilder()
                        .setKind(
                                switch (p.kind()) {
                                    case EQUAL -> HttpPath.Kind.EQUAL;
                                    case PREFIX -> HttpPath.Kind.PREFIX;
                                    case REGEX -> HttpPath.Kind.REGEX;
                                })
                        .setValue(p.value())));
        return spec;
    }

    private static HttpHeader header(EngageWish.Header header) {
        return HttpHeader.newBuilder()
                .setName(header.name())
                .setValue(header.value())
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
        request.headers().forEach(h -> wire.addHeaders(header(h)));
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

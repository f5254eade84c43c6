package io.telepresence.cli.connector;

import com.google.protobuf.ByteString;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.rpc.connector.StringList;

/** The shared Kubernetes flags as a message: whom it is for decides what of this machine it may see. Pure. */
public final class KubeFlagsToWire {
    private KubeFlagsToWire() {}

    /** With what plugins need, for a daemon of this machine. */
    static io.telepresence.rpc.connector.KubeFlags kube(KubeFlags kube, String terminal) {
        return kube(kube).toBuilder()
                .putAllEnvironment(kube.shell().environment())
                .setTerminal(terminal)
                .build();
    }

    /** Without, for a daemon in a container. */
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
}

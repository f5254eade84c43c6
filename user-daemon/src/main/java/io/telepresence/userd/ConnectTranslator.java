package io.telepresence.userd;

import io.telepresence.agree.Routing;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.userd.connect.ConnectParameters;
import io.telepresence.userd.kubeauth.KubeFlagsTranslator;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import io.telepresence.userd.kubeconfig.PluginTerminal;
import java.util.List;

/** The message of {@code connect} as values of this module. Pure. */
final class ConnectTranslator {
    private ConnectTranslator() {}

    /** @param terminal where the caller waits */
    static ConnectParameters connect(ConnectRequest wire, PluginTerminal terminal) {
        KubeconfigRequest kube = KubeFlagsTranslator.request(wire.getKube(), terminal);
        String file = wire.getKube().getConfigFile();
        return new ConnectParameters(
                kube,
                file.isEmpty() ? "" : kube.workingDirectory().resolve(file).toString(),
                wire.getName(),
                wire.getNamespace(),
                wire.getManagerNamespace(),
                List.copyOf(wire.getMappedNamespacesList()),
                Routing.fromWire(wire.getRouting()),
                wire.getReuseOnly(),
                wire.getApiServerDial());
    }
}

package io.telepresence.userd;

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
                new ConnectParameters.Routes(
                        List.copyOf(wire.getAlsoProxyList()),
                        List.copyOf(wire.getNeverProxyList()),
                        List.copyOf(wire.getAllowConflictingSubnetsList())),
                wire.getReuseOnly(),
                wire.getApiServerDial());
    }
}

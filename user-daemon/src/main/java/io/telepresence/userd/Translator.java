package io.telepresence.userd;

import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.KubeFlags;
import io.telepresence.rpc.connector.StringList;
import io.telepresence.userd.cluster.CallerEnvironment;
import io.telepresence.userd.cluster.KubeOptions;
import io.telepresence.userd.cluster.PluginTerminal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Messages of the command line as values of this module. Pure. */
final class Translator {
    private Translator() {}

    /** @param terminal where the caller waits */
    static KubeOptions kube(KubeFlags wire, PluginTerminal terminal) {
        Map<String, List<String>> flags = new LinkedHashMap<>();
        for (Map.Entry<String, StringList> flag : wire.getFlagsMap().entrySet()) {
            flags.put(flag.getKey(), List.copyOf(flag.getValue().getValuesList()));
        }
        String home = wire.getHome().isEmpty() ? System.getProperty("user.home") : wire.getHome();
        String directory = wire.getWorkingDirectory().isEmpty() ? home : wire.getWorkingDirectory();
        return new KubeOptions(
                flags,
                wire.getKubeconfigEnv(),
                Path.of(home),
                new CallerEnvironment(
                        wire.getEnvironmentMap().isEmpty() ? System.getenv() : Map.copyOf(wire.getEnvironmentMap()),
                        Path.of(directory),
                        terminal),
                wire.getKubeconfigStdin().toStringUtf8(),
                wire.getInCluster());
    }

    static io.telepresence.userd.connect.ConnectRequest connect(ConnectRequest wire, PluginTerminal terminal) {
        KubeOptions kube = kube(wire.getKube(), terminal);
        String file = wire.getKube().getConfigFile();
        return new io.telepresence.userd.connect.ConnectRequest(
                kube,
                file.isEmpty() ? "" : kube.workingDirectory().resolve(file).toString(),
                wire.getName(),
                wire.getNamespace(),
                wire.getManagerNamespace(),
                List.copyOf(wire.getMappedNamespacesList()),
                new io.telepresence.userd.connect.ConnectRequest.Routes(
                        List.copyOf(wire.getAlsoProxyList()),
                        List.copyOf(wire.getNeverProxyList()),
                        List.copyOf(wire.getAllowConflictingSubnetsList())),
                wire.getReuseOnly(),
                wire.getApiServerDial());
    }
}

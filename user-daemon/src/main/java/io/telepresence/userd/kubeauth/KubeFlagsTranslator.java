package io.telepresence.userd.kubeauth;

import io.telepresence.rpc.connector.KubeFlags;
import io.telepresence.rpc.connector.StringList;
import io.telepresence.userd.kubeconfig.CallerEnvironment;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import io.telepresence.userd.kubeconfig.PluginTerminal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The Kubernetes flags of a message as what this module resolves a kubeconfig by. Pure. */
public final class KubeFlagsTranslator {
    private KubeFlagsTranslator() {}

    /** @param terminal where the caller waits */
    public static KubeconfigRequest request(KubeFlags wire, PluginTerminal terminal) {
        Map<String, List<String>> flags = new LinkedHashMap<>();
        for (Map.Entry<String, StringList> flag : wire.getFlagsMap().entrySet()) {
            flags.put(flag.getKey(), List.copyOf(flag.getValue().getValuesList()));
        }
        String home = wire.getHome().isEmpty() ? System.getProperty("user.home") : wire.getHome();
        String directory = wire.getWorkingDirectory().isEmpty() ? home : wire.getWorkingDirectory();
        return new KubeconfigRequest(
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
}

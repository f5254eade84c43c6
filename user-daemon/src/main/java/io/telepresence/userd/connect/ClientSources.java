package io.telepresence.userd.connect;

import io.telepresence.fault.FaultException;
import io.telepresence.userd.config.ConfigFile;
import io.telepresence.userd.kubeconfig.KubeTarget;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import io.telepresence.userd.kubeconfig.Kubeconfigs;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Where a connect finds what the user has on the laptop. Blocks. */
@FunctionalInterface
public interface ClientSources {
    /**
     * What a connect starts from.
     *
     * @param configuration the texts of configuration files, the weakest first
     * @param seats the laptop's
     */
    record Found(KubeTarget target, List<ConfigFile.Source> configuration, ClientKey seats) {}

    /** @param configFile file of {@code --config}, absolute; or empty */
    Found find(KubeconfigRequest kube, String configFile) throws FaultException;

    /** The files of this machine, where the caller's environment says. */
    static ClientSources ofThisMachine() {
        return (kube, configFile) -> {
            Map<String, String> environment = kube.caller().variables();
            return new Found(
                    Kubeconfigs.read(kube),
                    ConfigFile.sources(environment, kube.home(), configFile.isEmpty() ? null : Path.of(configFile)),
                    ClientKey.ofThisMachine(environment, kube.home()));
        };
    }
}

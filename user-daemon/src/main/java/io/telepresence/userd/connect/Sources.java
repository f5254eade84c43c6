package io.telepresence.userd.connect;

import io.telepresence.fault.FaultException;
import io.telepresence.userd.cluster.KubeOptions;
import io.telepresence.userd.cluster.KubeTarget;
import io.telepresence.userd.cluster.Kubeconfigs;
import io.telepresence.userd.config.ConfigFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Where a connect finds what the user has on the laptop. Blocks. */
@FunctionalInterface
public interface Sources {
    /**
     * What a connect starts from.
     *
     * @param configuration the texts of configuration files, the weakest first
     * @param seats the laptop's
     */
    record Found(KubeTarget target, List<ConfigFile.Source> configuration, SeatKey seats) {}

    /** @param configFile file of {@code --config}, absolute; or empty */
    Found find(KubeOptions kube, String configFile) throws FaultException;

    /** The files of this machine, where the caller's environment says. */
    static Sources ofThisMachine() {
        return (kube, configFile) -> {
            Map<String, String> environment = kube.caller().variables();
            return new Found(
                    Kubeconfigs.read(kube),
                    ConfigFile.sources(environment, kube.home(), configFile.isEmpty() ? null : Path.of(configFile)),
                    SeatKey.ofThisMachine(environment, kube.home()));
        };
    }
}

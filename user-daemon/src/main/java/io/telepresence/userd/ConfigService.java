package io.telepresence.userd;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.ConfigReply;
import io.telepresence.rpc.connector.ConfigRequest;
import io.telepresence.userd.config.ClientConfig;
import io.telepresence.userd.config.ConfigFile;
import io.telepresence.userd.config.ConfigText;
import io.telepresence.userd.config.Problems;
import io.telepresence.userd.connect.ClusterSession;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.connect.DaemonPaths;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Shows the configuration: with a session the merged one, else the client's own. */
final class ConfigService {
    private final Connector connector;

    ConfigService(Connector connector) {
        this.connector = connector;
    }

    ConfigReply run(ConfigRequest request) throws FaultException {
        DaemonPaths place = connector.place();
        Path home = Path.of(System.getProperty("user.home"));
        Path named = request.getConfigFile().isEmpty() ? null : Path.of(request.getConfigFile());
        Path file = named == null ? ConfigFile.user(place.environment(), home) : named;
        Optional<ClusterSession> session = request.getClientOnly() ? Optional.empty() : connector.current();
        ClientConfig config =
                session.isPresent() ? session.get().facts().config() : own(place.environment(), home, named);
        String manager = session.map(s -> s.facts().managerNamespace())
                .orElse(config.cluster().defaultManagerNamespace());
        Map<String, Object> view =
                ConfigText.view(config, file.toString(), manager, place.logs().toString());
        return ConfigReply.newBuilder()
                .setYaml(ConfigText.yaml(view))
                .setJson(ConfigText.json(view))
                .build();
    }

    private static ClientConfig own(Map<String, String> environment, Path home, Path named) throws FaultException {
        Problems problems = new Problems();
        ClientConfig config = ClientConfig.of(ConfigFile.read(environment, home, named, problems));
        if (!problems.errors().isEmpty()) {
            throw Fault.config(String.join("; ", problems.errors()), "").exception();
        }
        return config;
    }
}

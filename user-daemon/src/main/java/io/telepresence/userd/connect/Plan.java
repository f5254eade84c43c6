package io.telepresence.userd.connect;

import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.userd.config.ClientConfig;
import io.telepresence.userd.config.ConfigFile;
import io.telepresence.userd.config.ConfigLayer;
import io.telepresence.userd.config.Problems;
import io.telepresence.userd.kubeconfig.KubeTarget;
import java.util.List;

/**
 * A request with everything that can be known without the network: which cluster, which namespaces, which configuration.
 *
 * @param file the layer of the configuration files
 * @param extension the layer of the kubeconfig's extension
 * @param warnings keys of the configuration that are ignored
 * @param seat of this connection: see {@code ClientArrival}
 */
record Plan(
        KubeTarget target,
        Identity identity,
        ConfigLayer file,
        ConfigLayer extension,
        ClientConfig config,
        List<String> warnings,
        String seat) {

    static Plan of(ConnectParameters request, DaemonPaths place) throws FaultException {
        ClientSources.Found found = place.sources().find(request.kube(), request.configFile());
        KubeTarget target = found.target().with(found.target().via().dialling(request.dial()));
        Problems problems = new Problems();
        ConfigLayer file = ConfigFile.parse(found.configuration(), problems);
        ConfigLayer extension = ConfigLayer.of(
                target.extension(), "extension telepresence.io of the cluster in the kubeconfig", problems);
        if (!problems.errors().isEmpty()) {
            throw Fault.config(String.join("; ", problems.errors()), "").exception();
        }
        ClientConfig config = ClientConfig.of(file, extension);
        String namespace = request.namespace().isEmpty() ? target.namespace() : request.namespace();
        String manager = managerNamespace(request, config);
        Identity identity = Identity.of(target, request, namespace, manager);
        String seat = found.seats()
                .seat(
                        place.inDocker() ? "container " + request.name() : "host " + place.directory(),
                        identity.server(),
                        identity.managerNamespace());
        return new Plan(target, identity, file, extension, config, problems.warnings(), seat);
    }

    private static String managerNamespace(ConnectParameters request, ClientConfig config) {
        String variable = request.kube().caller().variables().getOrDefault("TELEPRESENCE_MANAGER_NAMESPACE", "");
        for (String each :
                List.of(request.managerNamespace(), variable, config.cluster().defaultManagerNamespace())) {
            if (!each.isEmpty()) {
                return each;
            }
        }
        return AgentNames.MANAGER_NAMESPACE;
    }
}

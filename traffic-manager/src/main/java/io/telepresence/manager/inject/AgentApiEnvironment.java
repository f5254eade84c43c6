package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.manager.cluster.PodContainers;

/** Tells the application where its agent answers questions. */
final class AgentApiEnvironment {
    /** Variable with the port, in the application's containers. */
    static final String PORT = "TELEPRESENCE_API_PORT";

    private AgentApiEnvironment() {}

    /**
     * Changes the given spec. A container that has the variable keeps it.
     *
     * @param port 0: there is no API
     */
    static void announce(PodSpec spec, int port) {
        if (port == 0) {
            return;
        }
        for (Container container : PodContainers.application(spec)) {
            boolean known = container.getEnv().stream().anyMatch(e -> PORT.equals(e.getName()));
            if (!known) {
                container
                        .getEnv()
                        .add(new EnvVarBuilder()
                                .withName(PORT)
                                .withValue(Integer.toString(port))
                                .build());
            }
        }
    }
}

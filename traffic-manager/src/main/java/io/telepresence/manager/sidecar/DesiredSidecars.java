package io.telepresence.manager.sidecar;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.rpc.agent.AgentConfig;

/**
 * Which workloads want an agent, and with what configuration. The webhook asks for every new pod. Any thread; answers
 * come from watches, so nothing here waits for the API server.
 */
public interface DesiredSidecars {
    /**
     * True once somebody has engaged the workload (or one of its agents has arrived) in this manager's life, and where
     * its pod template asks for an agent. It stays true when the engagement ends: agents stay until they are uninstalled.
     */
    boolean desired(WorkloadRef workload);

    /**
     * The same for a pod that is being made, whatever its template asks for.
     *
     * @param uid of the pod's own workload: another one of that name, before or after it, does not count
     */
    boolean desired(WorkloadRef workload, String uid);

    /**
     * The configuration for an agent in a pod of that shape: all its ports that services select or its annotations
     * name, so that one agent serves every later engagement. Every container is there, also those without such a port.
     *
     * @param pod metadata with the labels and annotations of the pod template; name and uid may be missing
     * @param spec the pod as the application's author wrote it, with or without an agent in it
     */
    AgentConfig configFor(WorkloadRef workload, ObjectMeta pod, PodSpec spec);
}

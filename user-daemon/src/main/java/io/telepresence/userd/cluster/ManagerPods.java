package io.telepresence.userd.cluster;

import io.telepresence.fault.FaultException;

/** Remembers the manager's pod until somebody finds it gone. Thread-safe; blocks while it asks the API server. */
public final class ManagerPods {
    private final ClusterGateway gateway;
    private final String namespace;
    private ManagerPod known;

    public ManagerPods(ClusterGateway gateway, String namespace) {
        this.gateway = gateway;
        this.namespace = namespace;
    }

    /** The pod to talk to; asks the API server when none is known. */
    synchronized ManagerPod current() throws FaultException {
        if (known == null) {
            known = gateway.managerPod(namespace);
        }
        return known;
    }

    /** Finds the manager, or tells why there is none. */
    public void find() throws FaultException {
        current();
    }

    /** A connection to this pod failed or ended: look again before the next one. */
    synchronized void doubt(ManagerPod pod) {
        if (pod.equals(known)) {
            known = null;
        }
    }
}

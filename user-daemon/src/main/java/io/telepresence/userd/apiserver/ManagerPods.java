package io.telepresence.userd.apiserver;

import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.time.Duration;
import java.util.List;

/** Remembers the manager's pod until somebody finds it gone. Thread-safe; blocks while it asks the API server. */
public final class ManagerPods {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    /** For how long there may be no pod at all, where a manager is installed. */
    private static final Duration GAP = Duration.ofSeconds(5);

    private final ClusterGateway gateway;
    private final String namespace;
    private final Duration gap;
    private ManagerPod known;

    public ManagerPods(ClusterGateway gateway, String namespace) {
        this(gateway, namespace, GAP);
    }

    ManagerPods(ClusterGateway gateway, String namespace, Duration gap) {
        this.gateway = gateway;
        this.namespace = namespace;
        this.gap = gap;
    }

    /** The pod to talk to; asks the API server when none is known. */
    synchronized ManagerPod current() throws FaultException {
        if (known == null) {
            List<ManagerPod> pods = gateway.managerPods(namespace);
            known = ready(pods);
            if (known == null) {
                throw (pods.isEmpty() ? missing() : notReady(pods.getLast())).exception();
            }
        }
        return known;
    }

    /** Finds the manager, or tells why there is none. */
    public void find() throws FaultException {
        current();
    }

    /**
     * Finds the manager. One that is starting is waited for, and the successor of one that is going; one that is not there
     * is not.
     *
     * @param limit of the wait
     * @param waiting runs once, when there is something to wait for
     */
    public void await(Duration limit, Runnable waiting) throws FaultException {
        long end = System.nanoTime() + limit.toNanos();
        ManagerPod last = null;
        long seen = System.nanoTime();
        boolean told = false;
        while (true) {
            List<ManagerPod> pods = gateway.managerPods(namespace);
            ManagerPod ready = ready(pods);
            if (ready != null) {
                remember(ready);
                return;
            }
            ManagerPod next =
                    pods.stream().filter(ManagerPod::alive).findFirst().orElse(null);
            if (next != null) {
                last = next;
                seen = System.nanoTime();
            } else if (!comesBack(told, seen)) {
                throw (pods.isEmpty() ? missing() : notReady(pods.getLast())).exception();
            }
            if (!told) {
                told = true;
                waiting.run();
            }
            if (System.nanoTime() >= end) {
                throw (last == null ? missing() : late(last, limit)).exception();
            }
            pause();
        }
    }

    /** Between a pod of a StatefulSet that has gone and its successor there is none. */
    private boolean comesBack(boolean waited, long seen) throws FaultException {
        return (waited || gateway.managerInstalled(namespace)) && System.nanoTime() - seen <= gap.toNanos();
    }

    /** A connection to this pod failed or ended: look again before the next one. */
    synchronized void doubt(ManagerPod pod) {
        if (pod.equals(known)) {
            known = null;
        }
    }

    private synchronized void remember(ManagerPod pod) {
        known = pod;
    }

    private static ManagerPod ready(List<ManagerPod> pods) {
        return pods.stream().filter(ManagerPod::ready).findFirst().orElse(null);
    }

    private Fault missing() {
        return Fault.user(
                "there is no traffic-manager in namespace \"" + namespace + "\"",
                "Install it with: telepresence helm install"
                        + (namespace.equals(AgentNames.MANAGER_NAMESPACE) ? "" : " --manager-namespace " + namespace));
    }

    private Fault notReady(ManagerPod pod) {
        return Fault.unreachable(
                "the traffic-manager in namespace \"" + namespace + "\" is not ready: " + pod.described(), "");
    }

    private Fault late(ManagerPod pod, Duration limit) {
        return Fault.unreachable(
                "the traffic-manager in namespace \"" + namespace + "\" has not become ready within "
                        + limit.toSeconds() + " s: " + pod.described(),
                "See: kubectl describe pod " + pod.name() + " --namespace " + namespace
                        + ". The limit can be configured as \"timeouts.trafficManagerConnect\"");
    }

    private static void pause() throws FaultException {
        try {
            Thread.sleep(LOOK_AGAIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.user("the connect was cancelled", "").exception(e);
        }
    }
}

package io.telepresence.userd.apiserver;

import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.Watched;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Remembers the manager's pod until somebody finds it gone. Thread-safe; blocks while it asks the API server. */
public final class ManagerPods {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    /** For how long there may be no pod at all, where a manager is installed. */
    private static final Duration GAP = Duration.ofSeconds(5);

    private final ClusterGateway gateway;
    private final String namespace;
    private final Duration gap;
    private final Watched<Optional<Fault>> lost = new Watched<>(Optional.empty());
    private ManagerPod known;

    public ManagerPods(ClusterGateway gateway, String namespace) {
        this(gateway, namespace, GAP);
    }

    ManagerPods(ClusterGateway gateway, String namespace, Duration gap) {
        this.gateway = gateway;
        this.namespace = namespace;
        this.gap = gap;
    }

    /** What is wrong, and what to do, while the manager's node is lost, as far as the last look has shown. */
    public Watched<Optional<Fault>> lost() {
        return lost;
    }

    /** The pod to talk to; asks the API server when none is known. */
    synchronized ManagerPod current() throws FaultException {
        if (known == null) {
            List<ManagerPod> pods = look();
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
     * is not, nor one whose node is lost: nothing takes its place before somebody has looked at that node.
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
            List<ManagerPod> pods = look();
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

    /** All pods; a fault when there is none to wait for, as the node of the last one is lost. */
    private List<ManagerPod> look() throws FaultException {
        List<ManagerPod> pods = gateway.managerPods(namespace);
        boolean others = pods.stream().anyMatch(p -> p.alive() && p.stage() != ManagerPod.Stage.SILENT);
        Optional<ManagerPod> silent = others
                ? Optional.empty()
                : pods.stream()
                        .filter(p -> p.stage() == ManagerPod.Stage.SILENT)
                        .findFirst();
        boolean gone = silent.isPresent() && gateway.nodeIsSilent(silent.get().node());
        Optional<Fault> why = gone ? Optional.of(lost(silent.get())) : Optional.empty();
        lost.set(why);
        if (gone) {
            throw why.get().exception();
        }
        return pods;
    }

    /** Between a pod of a StatefulSet that has gone and its successor there is none. */
    private boolean comesBack(boolean waited, long seen) throws FaultException {
        return (waited || gateway.managerInstalled(namespace)) && System.nanoTime() - seen <= gap.toNanos();
    }

    /** Something takes too long: look again before the next connection. */
    synchronized void doubt() {
        known = null;
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

    private Fault lost(ManagerPod pod) {
        return Fault.unreachable(
                "the traffic-manager in namespace \"" + namespace + "\" cannot be reached: its node \"" + pod.node()
                        + "\" is lost, and Kubernetes puts no other pod in the place of " + pod.name()
                        + " as long as that may still run there",
                "Once you are sure that the node is down: kubectl delete pod " + pod.name() + " --namespace "
                        + namespace + " --force");
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

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

    private static final Patience USUAL = new Patience(Duration.ofSeconds(5), Duration.ofSeconds(10));

    private final ClusterGateway gateway;
    private final String namespace;
    private final Patience patience;
    private final Watched<Optional<Fault>> lost = new Watched<>(Optional.empty());
    private volatile ManagerPod known;
    /** Changed by one look at a time. */
    private volatile Suspicion suspicion = Suspicion.NONE;

    /**
     * How long to wait before a bad sign counts.
     *
     * @param gap there may be no pod at all, where a manager is installed
     * @param hidden a pod seems to be on a lost node, which this user may not see: a kubelet that has just begun looks alike
     */
    record Patience(Duration gap, Duration hidden) {}

    /** Since when a pod, of which only itself can be seen, seems to be on a lost node. */
    private record Suspicion(String pod, String node, long sinceNanos, int looks) {
        static final Suspicion NONE = new Suspicion("", "", 0, 0);

        boolean is(ManagerPod other) {
            return pod.equals(other.name()) && node.equals(other.node());
        }

        Suspicion after(ManagerPod seen) {
            return is(seen)
                    ? new Suspicion(pod, node, sinceNanos, looks + 1)
                    : new Suspicion(seen.name(), seen.node(), System.nanoTime(), 1);
        }
    }

    public ManagerPods(ClusterGateway gateway, String namespace) {
        this(gateway, namespace, USUAL);
    }

    ManagerPods(ClusterGateway gateway, String namespace, Patience patience) {
        this.gateway = gateway;
        this.namespace = namespace;
        this.patience = patience;
    }

    /** What is wrong, and what to do, while the manager's node is lost, as far as the last look has shown. */
    public Watched<Optional<Fault>> lost() {
        return lost;
    }

    /** The pod to talk to; asks the API server when none is known. */
    synchronized ManagerPod current() throws FaultException {
        ManagerPod before = known;
        if (before != null) {
            return before;
        }
        List<ManagerPod> pods = look();
        ManagerPod ready = ready(pods);
        if (ready == null) {
            throw (pods.isEmpty() ? missing() : notReady(pods.getLast())).exception();
        }
        known = ready;
        return ready;
    }

    /** The same after another look. */
    public Optional<Fault> stillLost() throws FaultException {
        return sight().lost();
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
                known = ready;
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
                throw late(last, limit).exception();
            }
            pause();
        }
    }

    /** All pods; a fault when there is none to wait for, as the node of the last one is lost. */
    private List<ManagerPod> look() throws FaultException {
        Sight sight = sight();
        if (sight.lost().isPresent()) {
            throw sight.lost().get().exception();
        }
        return sight.pods();
    }

    private record Sight(List<ManagerPod> pods, Optional<Fault> lost) {}

    private synchronized Sight sight() throws FaultException {
        List<ManagerPod> pods = gateway.managerPods(namespace);
        boolean others = pods.stream().anyMatch(p -> p.alive() && p.stage() != ManagerPod.Stage.SILENT);
        ManagerPod silent = others
                ? null
                : pods.stream()
                        .filter(p -> p.stage() == ManagerPod.Stage.SILENT)
                        .findFirst()
                        .orElse(null);
        Optional<Fault> why = silent != null && nodeIsLost(silent) ? Optional.of(lost(silent)) : Optional.empty();
        if (silent == null) {
            suspicion = Suspicion.NONE;
        }
        lost.set(why);
        return new Sight(pods, why);
    }

    private boolean nodeIsLost(ManagerPod pod) throws FaultException {
        ClusterGateway.NodeSight node = gateway.node(pod.node());
        if (node != ClusterGateway.NodeSight.HIDDEN) {
            suspicion = Suspicion.NONE;
            return node == ClusterGateway.NodeSight.SILENT;
        }
        suspicion = suspicion.after(pod);
        return suspicion.looks() > 1
                && System.nanoTime() - suspicion.sinceNanos()
                        >= patience.hidden().toNanos();
    }

    /** Between a pod of a StatefulSet that has gone and its successor there is none. */
    private boolean comesBack(boolean waited, long seen) throws FaultException {
        return (waited || gateway.managerInstalled(namespace))
                && System.nanoTime() - seen <= patience.gap().toNanos();
    }

    /** Something takes too long: look again before the next connection. */
    void doubt() {
        known = null;
    }

    /** A connection to this pod failed or ended: look again before the next one. */
    void doubt(ManagerPod pod) {
        if (pod.equals(known)) {
            known = null;
        }
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
        return pod.stateful()
                ? Fault.unreachable(
                        "the traffic-manager in namespace \"" + namespace + "\" cannot be reached: its node \""
                                + pod.node() + "\" is lost, and Kubernetes puts no other pod in the place of "
                                + pod.name() + " as long as that may still run there",
                        "Once you are sure that the node is down, delete the pod on node \"" + pod.node()
                                + "\": kubectl delete pod " + pod.name() + " --namespace " + namespace + " --force")
                : Fault.unreachable(
                        "the traffic-manager in namespace \"" + namespace + "\" cannot be reached: its node \""
                                + pod.node() + "\" is lost, and its pod " + pod.name()
                                + " will be replaced in a few minutes",
                        "Try again then");
    }

    /** @param pod null: there was none */
    private Fault late(ManagerPod pod, Duration limit) {
        if (pod == null) {
            return missing();
        }
        if (suspicion.is(pod) && suspicion.looks() > 1) {
            return lost(pod);
        }
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

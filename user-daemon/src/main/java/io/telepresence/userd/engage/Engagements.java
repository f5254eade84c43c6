package io.telepresence.userd.engage;

import io.grpc.StatusRuntimeException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.manager.DisengageRequest;
import io.telepresence.rpc.manager.EngageProgress;
import io.telepresence.rpc.manager.EngageRequest;
import io.telepresence.rpc.manager.EngagedPort;
import io.telepresence.rpc.manager.Engagement;
import io.telepresence.rpc.manager.EngagementSnapshot;
import io.telepresence.rpc.manager.EngagementSpec;
import io.telepresence.userd.cluster.ManagerLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The engagements of this laptop: what the user wished, with the last state that the manager told. Thread-safe. */
public final class Engagements {
    private static final Duration GRACE = Duration.ofSeconds(5);
    private final Map<String, Engagement> wished = new LinkedHashMap<>();
    private final Map<String, EngagementSpec> starting = new LinkedHashMap<>();

    /** Wished engagements with their last known state, oldest first. */
    public synchronized List<Engagement> all() {
        return List.copyOf(wished.values());
    }

    /** The engagement with that id, if it is ours. */
    synchronized Optional<Engagement> byId(String id) {
        return wished.values().stream().filter(e -> e.getId().equals(id)).findFirst();
    }

    /**
     * Starts an engagement; blocks until it serves or cannot.
     *
     * @param mapped namespaces that may be engaged; empty: all
     * @param limit the configured {@code timeouts.intercept}
     */
    public Engagement engage(
            ManagerLink link, EngagementSpec spec, List<String> mapped, Duration limit, Consumer<String> progress)
            throws FaultException {
        begin(spec, mapped);
        try {
            Engagement made = ask(link, spec, limit, progress);
            synchronized (this) {
                wished.put(spec.getName(), made);
            }
            return made;
        } finally {
            synchronized (this) {
                starting.remove(spec.getName());
            }
        }
    }

    /** Ends an engagement. If the manager cannot be reached now it forgets it when the session is resumed without it. */
    public void leave(ManagerLink link, String name) throws FaultException {
        synchronized (this) {
            if (wished.remove(name) == null) {
                throw Fault.user("Intercept named \"" + name + "\" not found", "")
                        .exception();
            }
        }
        try {
            var done = link.calls()
                    .disengage(DisengageRequest.newBuilder()
                            .setSessionId(link.ref().getSessionId())
                            .setName(name)
                            .build());
            assert done != null;
        } catch (StatusRuntimeException e) {
            Fault fault = FaultStatus.of(e);
            if (fault.kind() != Fault.Kind.USER) {
                throw fault.exception(e);
            }
        }
    }

    /** What the manager says now. An engagement that it does not name keeps being wished. */
    public synchronized void heard(EngagementSnapshot snapshot) {
        for (Engagement each : snapshot.getEngagementsList()) {
            wished.computeIfPresent(each.getSpec().getName(), (name, old) -> each);
        }
    }

    private synchronized void begin(EngagementSpec spec, List<String> mapped) throws FaultException {
        if (wished.containsKey(spec.getName()) || starting.containsKey(spec.getName())) {
            throw Fault.user(
                            "an intercept named \"" + spec.getName() + "\" exists already",
                            "Choose another name, or leave it first")
                    .exception();
        }
        if (!mapped.isEmpty() && !mapped.contains(spec.getNamespace())) {
            throw Fault.user(
                            "the namespace \"" + spec.getNamespace() + "\" is not mapped",
                            "Connect with --mapped-namespaces that has it")
                    .exception();
        }
        List<EngagementSpec> others = new ArrayList<>(starting.values());
        wished.values().forEach(e -> others.add(withPorts(e)));
        for (EngagementSpec other : others) {
            Optional<String> clash = Targets.clash(spec, other);
            if (clash.isPresent()) {
                throw Fault.user(
                                clash.get() + " is the target of the intercept \"" + other.getName() + "\" already",
                                "Choose another local port")
                        .exception();
            }
        }
        starting.put(spec.getName(), spec);
    }

    /** The spec with the local ports that the manager filled in. */
    private static EngagementSpec withPorts(Engagement engagement) {
        EngagementSpec.Builder spec = engagement.getSpec().toBuilder().clearPorts();
        for (EngagedPort port : engagement.getPortsList()) {
            spec.addPortsBuilder().setLocalPort(port.getLocalPort()).setIdentifier(port.getServicePortName());
        }
        return spec.build();
    }

    private static Engagement ask(ManagerLink link, EngagementSpec spec, Duration limit, Consumer<String> progress)
            throws FaultException {
        EngageRequest request = EngageRequest.newBuilder()
                .setSessionId(link.ref().getSessionId())
                .setSpec(spec)
                .setTimeoutMs((int) limit.toMillis())
                .build();
        try {
            Iterator<EngageProgress> events = link.streams()
                    .withDeadlineAfter(limit.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS)
                    .engage(request);
            while (events.hasNext()) {
                EngageProgress event = events.next();
                if (event.hasEngagement()) {
                    return event.getEngagement();
                }
                progress.accept(event.getWaiting());
            }
            throw Fault.internal("the traffic-manager gave no answer about the intercept")
                    .exception();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == io.grpc.Status.Code.DEADLINE_EXCEEDED) {
                throw Fault.unreachable(
                                "the intercept timed out after " + limit.toSeconds() + " s",
                                "The limit can be configured as \"timeouts.intercept\"")
                        .exception(e);
            }
            throw FaultStatus.of(e).exception(e);
        }
    }
}

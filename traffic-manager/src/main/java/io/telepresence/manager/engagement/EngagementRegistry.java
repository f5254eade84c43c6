package io.telepresence.manager.engagement;

import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.Port;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.ConflictRules.Conflict;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.ReplacedContainers;
import io.telepresence.run.Watched;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry of engagements: what is asked for, what runs. An engagement ends with its client's session. Any thread;
 * {@link #all} is the whole truth at every moment, and its watchers hear of each change in order.
 */
public final class EngagementRegistry implements ReplacedContainers {
    private static final Logger LOG = LoggerFactory.getLogger(EngagementRegistry.class);

    private final SessionRegistry sessions;
    private final Duration inactiveBlock;
    private final Watched<List<RegisteredEngagement>> all = new Watched<>(List.of());
    /** How many uninstall it at this moment. Looked at and changed in updates of {@link #all} only. */
    private final Map<WorkloadRef, Integer> closed = new HashMap<>();

    private volatile Consumer<String> ended = _ -> {};

    /** @param inactiveBlock an engagement whose owner is idle for longer gives way to another; zero: never */
    public EngagementRegistry(SessionRegistry sessions, Duration inactiveBlock) {
        this.sessions = sessions;
        this.inactiveBlock = inactiveBlock;
    }

    /** @param ended takes the id of each engagement that ends from now on; quick. There is one at a time */
    public void whenEnded(Consumer<String> ended) {
        this.ended = ended;
    }

    /** In the order in which they began. */
    public Watched<List<RegisteredEngagement>> all() {
        return all;
    }

    public List<RegisteredEngagement> of(ClientSession client) {
        return of(all.get(), client);
    }

    public static List<RegisteredEngagement> of(List<RegisteredEngagement> all, ClientSession client) {
        return all.stream().filter(e -> e.owner() == client).toList();
    }

    /** The client's own of that name. */
    public Optional<RegisteredEngagement> find(ClientSession client, String name) {
        return of(client).stream().filter(e -> e.spec().name().equals(name)).findFirst();
    }

    public Optional<RegisteredEngagement> find(String id) {
        return all.get().stream().filter(e -> e.id().equals(id)).findFirst();
    }

    /** Those that the agent acts on; of a replace hear only pods without the container. */
    public static List<RegisteredEngagement> forAgent(List<RegisteredEngagement> all, AgentSession.Agent agent) {
        return all.stream()
                .filter(e -> e.delivers() && e.workload().equals(agent.workload()))
                .filter(e ->
                        !e.spec().kind().replacesContainer() || agent.replaced().contains(e.container()))
                .toList();
    }

    @Override
    public Map<String, Set<Port>> of(WorkloadRef workload) {
        Map<String, Set<Port>> replaced = new LinkedHashMap<>();
        for (RegisteredEngagement engagement : all.get()) {
            if (engagement.replaces() && engagement.workload().equals(workload)) {
                Set<Port> ports = replaced.computeIfAbsent(engagement.container(), _ -> new LinkedHashSet<>());
                engagement.ports().forEach(p -> ports.add(p.port()));
            }
        }
        return replaced;
    }

    /**
     * Enters a new engagement. Those in its way whose owners have been idle for too long give way.
     *
     * @param desired the client's
     * @throws FaultException it conflicts with another one; then nothing has changed
     */
    public RegisteredEngagement reserve(ClientSession client, RegisteredEngagement desired) throws FaultException {
        Entry entry = new Entry(desired);
        all.update(entry::strictly);
        if (entry.refusal != null) {
            throw entry.refusal.exception();
        }
        for (RegisteredEngagement gone : entry.pushedAside) {
            LOG.info("the {} gives way to the {}", gone.described(), desired.described());
            ended.accept(gone.id());
        }
        endWith(client, desired.id());
        return desired;
    }

    /**
     * Enters what a client had before this manager was started. A conflict with one that came first makes it BAD_ARGS,
     * which its owner sees. One whose id another one has got meanwhile gets a new id.
     */
    public void restore(ClientSession client, RegisteredEngagement had) {
        Entry entry = new Entry(had);
        all.update(entry::evenSo);
        if (!entry.entered) {
            return;
        }
        endWith(client, entry.desired.id());
        LOG.info("restored the {} on {}", had.described(), had.workload());
    }

    /**
     * Closes a workload: until it is opened again, by {@link #reopen}, nobody engages it. Keep it closed for as short as can be.
     *
     * @param counts whether an engagement of it is a reason not to
     * @return one that is: then it stays open
     */
    public Optional<RegisteredEngagement> close(WorkloadRef workload, Predicate<RegisteredEngagement> counts) {
        List<RegisteredEngagement> reasons = new ArrayList<>();
        all.update(list -> {
            list.stream()
                    .filter(e -> e.workload().equals(workload) && e.state() != EngagementState.REMOVED)
                    .filter(counts)
                    .forEach(reasons::add);
            if (reasons.isEmpty()) {
                closed.merge(workload, 1, Integer::sum);
            }
            return list;
        });
        return reasons.stream().findFirst();
    }

    /** Once for each time that it was closed. */
    public void reopen(WorkloadRef workload) {
        all.update(list -> {
            closed.computeIfPresent(workload, (_, times) -> times == 1 ? null : times - 1);
            return list;
        });
    }

    /** @throws FaultException USER: it is closed, so whoever wants agents for it would only be in the way */
    public void refuseClosed(WorkloadRef workload) throws FaultException {
        List<Fault> why = new ArrayList<>();
        all.update(list -> {
            uninstalled(workload).ifPresent(why::add);
            return list;
        });
        if (!why.isEmpty()) {
            throw why.getFirst().exception();
        }
    }

    private Optional<Fault> uninstalled(WorkloadRef workload) {
        return closed.containsKey(workload)
                ? Optional.of(Fault.user(
                        "the traffic-agent of " + workload + " is being uninstalled at this moment",
                        "Try again in a moment"))
                : Optional.empty();
    }

    /** @throws FaultException it has ended in the meantime */
    public RegisteredEngagement activate(PendingEngagement entered, String podIp, String remark) throws FaultException {
        RegisteredEngagement[] activated = new RegisteredEngagement[1];
        change(entered.id(), e -> {
            activated[0] = entered.waits() ? e.servedBy(podIp).with(EngagementState.ACTIVE, remark) : null;
            return entered.waits() ? activated[0] : e;
        });
        if (activated[0] == null) {
            throw gone(entered.id()).exception();
        }
        return activated[0];
    }

    /** For who waits for one that is not there any more. */
    public Fault gone(String id) {
        String why = find(id).map(RegisteredEngagement::message)
                .filter(m -> !m.isEmpty())
                .orElse("");
        return Fault.user(
                "the engagement was ended while it waited for agents" + (why.isEmpty() ? "" : ": " + why), "");
    }

    /** From now on the container of that replace is wanted back. */
    public void ending(String id) {
        change(
                id,
                e -> e.state() == EngagementState.REMOVED
                        ? e
                        : e.with(EngagementState.TERMINATING, "the container is coming back"));
    }

    /** @return whether there was one */
    public boolean remove(String id) {
        return remove(id, () -> true);
    }

    /** Takes out what has come to nothing; not what somebody else ends, or another one of that name. */
    public void abandon(PendingEngagement entered) {
        remove(entered.id(), entered::isOurs);
    }

    /** @param really asked under the registry's lock */
    private boolean remove(String id, BooleanSupplier really) {
        boolean[] removed = new boolean[1];
        all.update(list -> {
            if (!really.getAsBoolean()) {
                return list;
            }
            List<RegisteredEngagement> left =
                    list.stream().filter(e -> !e.id().equals(id)).toList();
            removed[0] = left.size() < list.size();
            return left;
        });
        if (removed[0]) {
            ended.accept(id);
        }
        return removed[0];
    }

    /** Those whose containers are on their way back. */
    public List<RegisteredEngagement> ending(WorkloadRef workload) {
        return all.get().stream()
                .filter(e ->
                        e.state() == EngagementState.TERMINATING && e.workload().equals(workload))
                .toList();
    }

    /** Ends it for its owner, who sees the reason until he leaves it. */
    public void expel(String id, String why) {
        if (find(id).filter(e -> e.state() != EngagementState.REMOVED).isPresent()) {
            change(id, e -> e.with(EngagementState.REMOVED, why));
            ended.accept(id);
        }
    }

    /** Who receives what that agent delivers for that engagement; see {@code Deliveries}. */
    public Optional<ClientSession> receiver(AgentSession agent, String id, String host, int port) {
        return forAgent(all.get(), agent.agent()).stream()
                .filter(e -> e.id().equals(id))
                .filter(e ->
                        e.spec().targetHost().equals(host) && e.ports().stream().anyMatch(p -> p.localPort() == port))
                .findFirst()
                .map(RegisteredEngagement::owner)
                .filter(owner -> !owner.ended());
    }

    /** An engagement whose pod has gone is shown with another that serves it. */
    public void agentsChanged() {
        all.update(list -> list.stream().map(this::withPod).toList());
    }

    private RegisteredEngagement withPod(RegisteredEngagement engagement) {
        if (!engagement.active()) {
            return engagement;
        }
        List<String> pods = sessions.agents(engagement.workload()).stream()
                .filter(a -> !engagement.spec().kind().replacesContainer()
                        || a.agent().replaced().contains(engagement.container()))
                .map(a -> a.agent().podIp())
                .toList();
        return pods.isEmpty() || pods.contains(engagement.podIp()) ? engagement : engagement.servedBy(pods.getFirst());
    }

    /** What {@link Watched#update} does with one that is to be entered; says afterwards what came of it. */
    private final class Entry {
        private RegisteredEngagement desired;
        private final List<RegisteredEngagement> pushedAside = new ArrayList<>();
        private Fault refusal;
        private boolean entered;

        Entry(RegisteredEngagement desired) {
            this.desired = desired;
        }

        List<RegisteredEngagement> strictly(List<RegisteredEngagement> before) {
            List<RegisteredEngagement> list = before.stream()
                    .filter(e -> e.state() != EngagementState.REMOVED || !e.sameName(desired))
                    .toList();
            List<Conflict> conflicts = ConflictRules.judge(desired, list);
            refusal = uninstalled(desired.workload())
                    .or(() -> ConflictRules.sameName(desired, list))
                    .or(() -> conflicts.stream()
                            .filter(c -> !givesWay(c.other()))
                            .map(Conflict::fault)
                            .findFirst())
                    .orElse(null);
            if (refusal != null) {
                return before;
            }
            List<RegisteredEngagement> next = new ArrayList<>(list);
            for (Conflict conflict : conflicts) {
                RegisteredEngagement other = conflict.other();
                pushedAside.add(other);
                next.set(
                        next.indexOf(other),
                        other.with(
                                EngagementState.REMOVED,
                                "removed: inactive for more than " + words(inactiveBlock) + ", and " + desired.client()
                                        + " needed it"));
            }
            next.add(desired);
            return List.copyOf(next);
        }

        List<RegisteredEngagement> evenSo(List<RegisteredEngagement> list) {
            entered = list.stream().noneMatch(desired::sameName);
            if (!entered) {
                return list;
            }
            if (list.stream().anyMatch(e -> e.id().equals(desired.id()))) {
                desired = desired.named(EngagementIds.next(desired.spec().name()));
            }
            List<RegisteredEngagement> next = new ArrayList<>(list);
            next.add(uninstalled(desired.workload())
                    .or(() -> ConflictRules.judge(desired, list).stream()
                            .findFirst()
                            .map(Conflict::fault))
                    .map(why -> desired.with(EngagementState.REMOVED, why.text()))
                    .orElse(desired));
            return List.copyOf(next);
        }
    }

    private static String words(Duration time) {
        return time.toSecondsPart() == 0 ? time.toMinutes() + " min" : time.toSeconds() + " s";
    }

    private boolean givesWay(RegisteredEngagement other) {
        return !inactiveBlock.isZero()
                && other.state() != EngagementState.TERMINATING
                && !other.owner().ended()
                && sessions.idle(other.owner())
                        .filter(idle -> idle.compareTo(inactiveBlock) > 0)
                        .isPresent();
    }

    private void change(String id, UnaryOperator<RegisteredEngagement> change) {
        all.update(list ->
                list.stream().map(e -> e.id().equals(id) ? change.apply(e) : e).toList());
    }

    private void endWith(ClientSession client, String id) {
        client.onEnd(() -> remove(id));
    }
}

package io.telepresence.manager.engage;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engage.Engagement.Disposition;
import io.telepresence.manager.engage.Engagement.EngagedPort;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.Sessions;
import io.telepresence.run.Watched;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry of engagements: what is asked for, what runs. An engagement ends with its client's session. Any thread;
 * {@link #all} is the whole truth at every moment, and its watchers hear of each change in order.
 */
public final class Engagements {
    private static final Logger LOG = LoggerFactory.getLogger(Engagements.class);

    private final Sessions sessions;
    private final Consumer<String> ended;
    private final Watched<List<Engagement>> all = new Watched<>(List.of());

    /** @param ended is told the id of each engagement that has ended; quick */
    public Engagements(Sessions sessions, Consumer<String> ended) {
        this.sessions = sessions;
        this.ended = ended;
    }

    /** In the order in which they began. */
    public Watched<List<Engagement>> all() {
        return all;
    }

    public List<Engagement> of(ClientSession client) {
        return all.get().stream().filter(e -> owner(e).equals(client.id())).toList();
    }

    /** Those that an agent of the workload acts on. */
    public static List<Engagement> activeFor(List<Engagement> all, WorkloadRef workload) {
        return all.stream()
                .filter(e -> e.active() && e.workload().equals(workload))
                .toList();
    }

    public static String id(String session, String name) {
        return session + ":" + name;
    }

    /**
     * Enters a new engagement, waiting for agents.
     *
     * @throws FaultException it conflicts with another one, or the client has just gone
     */
    Engagement reserve(ClientSession client, EngagementSpec spec, WorkloadRef workload, List<EngagedPort> ports)
            throws FaultException {
        Engagement wished = new Engagement(
                id(client.id(), spec.name()),
                spec,
                client.client().name(),
                Disposition.WAITING,
                "",
                workload,
                ports,
                "");
        Optional<Fault> conflict = enter(wished, false);
        if (conflict.isPresent()) {
            throw conflict.get().exception();
        }
        endWith(client, wished.id());
        return wished;
    }

    /**
     * Enters what a client had before this manager was started. A conflict with one that came first makes it BAD_ARGS,
     * which its owner sees.
     */
    void restore(
            ClientSession client, EngagementSpec spec, WorkloadRef workload, List<EngagedPort> ports, String podIp) {
        Engagement had = new Engagement(
                id(client.id(), spec.name()),
                spec,
                client.client().name(),
                Disposition.ACTIVE,
                "",
                workload,
                ports,
                podIp);
        if (all.get().stream().anyMatch(e -> e.id().equals(had.id()))) {
            return;
        }
        enter(had, true);
        endWith(client, had.id());
        LOG.info("restored \"{}\" of {} on {}", spec.name(), client.client().name(), workload);
    }

    /** Enters what cannot be restored, so that its owner sees why. */
    void restoreBroken(ClientSession client, EngagementSpec spec, WorkloadRef workload, Fault why) {
        Engagement broken = new Engagement(
                id(client.id(), spec.name()),
                spec,
                client.client().name(),
                Disposition.BAD_ARGS,
                why.text(),
                workload,
                List.of(),
                "");
        enter(broken, true);
        endWith(client, broken.id());
    }

    /** @throws FaultException it has ended in the meantime */
    Engagement activate(String id, String podIp) throws FaultException {
        List<Engagement> next = all.update(list -> list.stream()
                .map(e -> e.id().equals(id) ? e.servedBy(podIp) : e)
                .toList());
        return next.stream().filter(e -> e.id().equals(id)).findFirst().orElseThrow(() -> Fault.user(
                        "the engagement was ended while it waited for agents", "")
                .exception());
    }

    /** @return whether there was one */
    public boolean remove(String id) {
        boolean[] removed = new boolean[1];
        all.update(list -> {
            List<Engagement> left =
                    list.stream().filter(e -> !e.id().equals(id)).toList();
            removed[0] = left.size() < list.size();
            return left;
        });
        if (removed[0]) {
            ended.accept(id);
        }
        return removed[0];
    }

    /** Who receives what that agent delivers for that engagement; see {@code Deliveries}. */
    public Optional<ClientSession> receiver(AgentSession agent, String id, String host, int port) {
        return all.get().stream()
                .filter(e -> e.id().equals(id) && e.active())
                .filter(e -> e.workload().equals(agent.agent().workload()))
                .filter(e ->
                        e.spec().targetHost().equals(host) && e.ports().stream().anyMatch(p -> p.localPort() == port))
                .findFirst()
                .flatMap(e -> sessions.client(owner(e)));
    }

    private Optional<Fault> enter(Engagement wished, boolean evenSo) {
        List<Fault> conflict = new ArrayList<>();
        all.update(list -> {
            Optional<Fault> found = ConflictRules.judge(wished, list);
            found.ifPresent(conflict::add);
            if (found.isPresent() && !evenSo) {
                return list;
            }
            List<Engagement> next = new ArrayList<>(list);
            next.add(found.map(f -> wished.with(Disposition.BAD_ARGS, f.text())).orElse(wished));
            return List.copyOf(next);
        });
        return conflict.stream().findFirst();
    }

    private void endWith(ClientSession client, String id) {
        client.onEnd(() -> remove(id));
    }

    private static String owner(Engagement engagement) {
        return engagement.id().substring(0, engagement.id().indexOf(':'));
    }
}

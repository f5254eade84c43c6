package io.telepresence.manager.session;

import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.identity.Caller;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All sessions. Signs of life are the arrival and {@link #remain}; who is silent for too long is ended by the next
 * {@link #sweep}. With a session ends all that was hung on it ({@link PeerSession#onEnd}). Any thread; watchers of the set
 * of agents are called on the thread that changed it.
 */
public final class SessionRegistry {
    public static final Duration CLIENT_SILENCE = Duration.ofSeconds(30);
    public static final Duration AGENT_SILENCE = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger(SessionRegistry.class);

    /**
     * No other id of ours has that form, so none can ever be taken for a session's. What older managers gave their
     * clients (without the word) was shown to everybody: it is not taken over.
     */
    private static final Pattern ID = Pattern.compile("session-[0-9a-f]{32}");

    private final InstantSource time;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, PeerSession> byId = new ConcurrentHashMap<>();
    /** The agents among them, in no order. */
    private final Map<WorkloadRef, List<AgentSession>> byWorkload = new ConcurrentHashMap<>();

    private final Set<Runnable> agentWatchers = ConcurrentHashMap.newKeySet();

    public SessionRegistry(InstantSource time) {
        this.time = time;
    }

    /** @param resumed the session was still here: nothing of it was lost */
    public record Arrival<T extends PeerSession>(T session, boolean resumed) {
        /** The id of the session, for nobody but who has just arrived. */
        public String credential() {
            return session.id();
        }
    }

    /** As {@link #arrive(ClientSession.Client, Caller, String)}, of somebody who has proved nothing. */
    public Arrival<ClientSession> arrive(ClientSession.Client client, String before) {
        return arrive(client, Caller.UNKNOWN, before);
    }

    /**
     * A client arrives. The id it had before is taken over if this manager does not know it; if it does, the session
     * goes on, provided that it belongs to the same installation and the same key. Else there is a new id. Who comes anew to
     * a seat ends the session that the same user had there: its daemon is gone without a word.
     */
    public Arrival<ClientSession> arrive(ClientSession.Client client, Caller caller, String before) {
        ClientSession session;
        List<ClientSession> predecessors;
        synchronized (byId) {
            PeerSession old = byId.get(before);
            if (old instanceof ClientSession known
                    && known.client().installId().equals(client.installId())
                    && known.belongsTo(caller)) {
                known.sign(time.instant());
                known.proved(caller);
                return new Arrival<>(known, true);
            }
            predecessors = before.isEmpty()
                    ? clients().stream()
                            .filter(c -> client.succeeds(c.client()) && c.isOf(caller.person()))
                            .toList()
                    : List.of();
            String id = old == null && ID.matcher(before).matches() ? before : newId();
            session = new ClientSession(id, client, caller, time.instant());
            byId.put(id, session);
        }
        LOG.info("{} arrived{}", session, predecessors.isEmpty() ? "" : ": its session before ends");
        predecessors.forEach(p -> end(p, "a newer session of the same client has come"));
        return new Arrival<>(session, false);
    }

    /** An agent arrives; an older session of the same pod ends. The id it had before is taken over if it is free. */
    public Arrival<AgentSession> arrive(AgentSession.Agent agent, String before) {
        AgentSession session;
        List<AgentSession> replaced;
        synchronized (byId) {
            if (byId.get(before) instanceof AgentSession known && known.agent().equals(agent)) {
                known.sign(time.instant());
                return new Arrival<>(known, true);
            }
            replaced = agents(agent.workload()).stream()
                    .filter(a -> a.agent().pod().equals(agent.pod()))
                    .toList();
            boolean free = !byId.containsKey(before) && ID.matcher(before).matches();
            session = new AgentSession(free ? before : newId(), agent, time.instant());
            // In this order: whoever finds it by its id, and ends it, finds it there too.
            byWorkload.merge(agent.workload(), List.of(session), SessionRegistry::both);
            byId.put(session.id(), session);
        }
        LOG.info("{} arrived for {}", session, agent.workload());
        replaced.forEach(r -> end(r, "a newer session of the same pod has come"));
        agentsChanged();
        return new Arrival<>(session, false);
    }

    /** The heartbeat of an agent. False: the session is not known (any more). */
    public boolean remain(String id) {
        return remain(agent(id));
    }

    /** The heartbeat of a client. False: the caller has no such session (any more). */
    public boolean remain(String id, Caller caller) {
        return remain(client(id, caller));
    }

    /** The same of a client that has seen nothing of its user for so long. */
    public boolean remain(String id, Caller caller, Duration idle) {
        client(id, caller).ifPresent(client -> client.activeAt(time.instant().minus(idle)));
        return remain(id, caller);
    }

    private boolean remain(Optional<? extends PeerSession> session) {
        session.ifPresent(s -> s.sign(time.instant()));
        return session.isPresent();
    }

    /** For how long none of the client's daemons has seen its user; empty: they have not said. */
    public Optional<Duration> idle(ClientSession client) {
        return Optional.ofNullable(client.lastActive()).map(last -> Duration.between(last, time.instant()));
    }

    /** An agent goes. */
    public void depart(String id) {
        depart(agent(id));
    }

    /** A client goes. */
    public void depart(String id, Caller caller) {
        depart(client(id, caller));
    }

    private void depart(Optional<? extends PeerSession> session) {
        session.ifPresent(s -> {
            LOG.info("{} departed", s);
            end(s, "it has left");
        });
    }

    /** The caller has proved again who it is. */
    public void proved(Caller caller) {
        clients().stream().filter(c -> c.belongsTo(caller)).forEach(c -> c.proved(caller));
    }

    /** All sessions of the caller's key end. */
    public void end(Caller caller, String why) {
        clients().stream().filter(c -> c.belongsTo(caller)).forEach(c -> end(c, why));
    }

    /** Those end that began with a user who is not known any more. */
    public void endUnknown(Predicate<Caller> known) {
        clients().stream()
                .filter(c -> c.person().known() && !known.test(c.caller()))
                .forEach(c -> expel(c, "its user is not known any more"));
    }

    /** Of clients that have proved one. */
    public Set<String> keys() {
        return clients().stream()
                .map(c -> c.caller().key())
                .filter(key -> !key.isEmpty())
                .collect(Collectors.toSet());
    }

    /** Ends the session of a client that may not stay; it hears why when it comes again. */
    public void expel(ClientSession session, String why) {
        LOG.info("the session of {} ends: {}", session, why);
        end(session, why);
    }

    /** Ends all sessions that have been silent for too long. Called about every second. */
    public void sweep() {
        Instant now = time.instant();
        for (PeerSession session : byId.values()) {
            Duration allowed = session instanceof ClientSession ? CLIENT_SILENCE : AGENT_SILENCE;
            if (session.silentSince(now.minus(allowed))) {
                LOG.info("{} was silent for {} s: its session ends", session, allowed.toSeconds());
                end(session, "it was silent for " + allowed.toSeconds() + " s");
            }
        }
    }

    /** The session that the caller names, if it is its own. There is no other way from an id to a client. */
    public Optional<ClientSession> client(String id, Caller caller) {
        return byId.get(id) instanceof ClientSession session && session.belongsTo(caller)
                ? Optional.of(session)
                : Optional.empty();
    }

    public Optional<AgentSession> agent(String id) {
        return byId.get(id) instanceof AgentSession session ? Optional.of(session) : Optional.empty();
    }

    public List<ClientSession> clients() {
        return all(ClientSession.class);
    }

    public List<AgentSession> agents() {
        return all(AgentSession.class);
    }

    public List<AgentSession> agents(WorkloadRef workload) {
        return byWorkload.getOrDefault(workload, List.of());
    }

    /** The same by the UIDs of their pods. */
    public Map<String, AgentSession> byPod(WorkloadRef workload) {
        return agents(workload).stream()
                .collect(Collectors.toMap(a -> a.agent().podUid(), a -> a, (_, newer) -> newer));
    }

    /** Calls {@code changed} whenever an agent has arrived, gone, or begun to watch; it must be quick. */
    public AutoCloseable watchAgents(Runnable changed) {
        agentWatchers.add(changed);
        return () -> agentWatchers.remove(changed);
    }

    /** A watch stream of the agent has opened, or has ended; once each. */
    public void watching(AgentSession agent, boolean now) {
        agent.watching(now);
        agentsChanged();
    }

    private void end(PeerSession session, String why) {
        byId.remove(session.id(), session);
        session.end(why);
        if (session instanceof AgentSession agent) {
            byWorkload.computeIfPresent(agent.agent().workload(), (_, agents) -> without(agents, agent));
            agentsChanged();
        }
    }

    private static List<AgentSession> both(List<AgentSession> some, List<AgentSession> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    private static List<AgentSession> without(List<AgentSession> agents, AgentSession gone) {
        List<AgentSession> left = agents.stream().filter(a -> a != gone).toList();
        return left.isEmpty() ? null : left;
    }

    private void agentsChanged() {
        agentWatchers.forEach(Runnable::run);
    }

    private <T extends PeerSession> List<T> all(Class<T> kind) {
        return byId.values().stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private String newId() {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        return "session-" + HexFormat.of().formatHex(bytes);
    }
}

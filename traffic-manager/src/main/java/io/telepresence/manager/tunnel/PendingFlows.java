package io.telepresence.manager.tunnel;

import io.telepresence.manager.session.PeerSession;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Flows that wait for a session to come and fetch them, and the watch streams on which sessions are told so. What waits
 * while a session has no stream is told when it opens one. Any thread; streams are written under the lock, so each gets
 * its requests one after the other.
 *
 * @param <S> who fetches
 * @param <R> what it is told about a flow
 */
final class PendingFlows<S extends PeerSession, R> {
    /** Who fetches nothing must not fill the manager. */
    private static final int MOST_PER_SESSION = 1024;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Waiting<S, R>> byId = new LinkedHashMap<>();
    private final Map<S, Watcher<R>> watchers = new LinkedHashMap<>();

    /** A request: fetch this flow. */
    record Parked<R>(String id, R request, TrackedFlow flow) {}

    private record Waiting<S, R>(Parked<R> parked, S session) {}

    private record Watcher<R>(Consumer<Parked<R>> requests, Runnable replaced) {}

    /** Parks a flow and tells the session. Empty: too many wait already. */
    synchronized Optional<Parked<R>> park(S session, R request, TrackedFlow flow) {
        if (byId.values().stream().filter(w -> w.session() == session).count() >= MOST_PER_SESSION) {
            return Optional.empty();
        }
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        Parked<R> parked = new Parked<>(HexFormat.of().formatHex(bytes), request, flow);
        byId.put(parked.id(), new Waiting<>(parked, session));
        Watcher<R> watcher = watchers.get(session);
        if (watcher != null) {
            watcher.requests().accept(parked);
        }
        return Optional.of(parked);
    }

    /** Takes what the session fetches; once only. Empty: unknown, fetched already, or another one's. */
    synchronized Optional<Parked<R>> take(S session, String id) {
        Waiting<S, R> waiting = byId.get(id);
        if (waiting == null || waiting.session() != session) {
            return Optional.empty();
        }
        byId.remove(id);
        return Optional.of(waiting.parked());
    }

    /** @return whether it still waited */
    synchronized boolean drop(String id) {
        return byId.remove(id) != null;
    }

    /** Takes all that wait for such a thing; nobody can fetch them any more. */
    synchronized List<Parked<R>> dropAll(Predicate<R> what) {
        List<Parked<R>> dropped = byId.values().stream()
                .map(Waiting::parked)
                .filter(p -> what.test(p.request()))
                .toList();
        dropped.forEach(p -> byId.remove(p.id()));
        return dropped;
    }

    /** Whether the session hears of what waits for it. */
    synchronized boolean watched(S session) {
        return watchers.containsKey(session);
    }

    /**
     * From now on the session hears of its flows here; a watcher before is told that it was replaced.
     *
     * @return ends the watch
     */
    synchronized Runnable watch(S session, Consumer<Parked<R>> requests, Runnable replaced) {
        Watcher<R> watcher = new Watcher<>(requests, replaced);
        Watcher<R> before = watchers.put(session, watcher);
        if (before != null) {
            before.replaced().run();
        }
        List.copyOf(byId.values()).stream()
                .filter(w -> w.session() == session)
                .forEach(w -> requests.accept(w.parked()));
        return () -> unwatch(session, watcher);
    }

    private synchronized void unwatch(S session, Watcher<R> watcher) {
        watchers.remove(session, watcher);
    }
}

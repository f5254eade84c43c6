package io.telepresence.manager.tunnel;

import io.telepresence.manager.session.ClientSession;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Connections of agents that wait for a client to come and fetch them, and the clients' watch streams on which they are
 * told so. What waits while a client has no stream is told when it opens one. Any thread; streams are written under
 * the lock, so each gets its requests one after the other.
 */
final class PendingDials {
    /** A client that fetches nothing must not fill the manager. */
    private static final int MOST_PER_CLIENT = 1024;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Pending> byId = new LinkedHashMap<>();
    private final Map<ClientSession, Watcher> watchers = new LinkedHashMap<>();

    /** A request to a client: fetch this flow and dial host:port. */
    record Dial(String id, String engagementId, String host, int port, TrackedFlow flow) {}

    private record Pending(Dial dial, ClientSession client) {}

    private record Watcher(Consumer<Dial> requests, Runnable replaced) {}

    /** Parks a flow and tells the client. Empty: too many wait already. */
    synchronized Optional<Dial> park(
            ClientSession client, String engagementId, String host, int port, TrackedFlow flow) {
        if (byId.values().stream().filter(p -> p.client() == client).count() >= MOST_PER_CLIENT) {
            return Optional.empty();
        }
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        Dial dial = new Dial(HexFormat.of().formatHex(bytes), engagementId, host, port, flow);
        byId.put(dial.id(), new Pending(dial, client));
        Watcher watcher = watchers.get(client);
        if (watcher != null) {
            watcher.requests().accept(dial);
        }
        return Optional.of(dial);
    }

    /** Takes what the client fetches; once only. Empty: unknown, fetched already, or another client's. */
    synchronized Optional<Dial> take(ClientSession client, String dialId) {
        Pending pending = byId.get(dialId);
        if (pending == null || pending.client() != client) {
            return Optional.empty();
        }
        byId.remove(dialId);
        return Optional.of(pending.dial());
    }

    /** @return whether it still waited */
    synchronized boolean drop(String dialId) {
        return byId.remove(dialId) != null;
    }

    /**
     * From now on the client hears of its dials here; a watcher before is told that it was replaced.
     *
     * @return ends the watch
     */
    synchronized Runnable watch(ClientSession client, Consumer<Dial> requests, Runnable replaced) {
        Watcher watcher = new Watcher(requests, replaced);
        Watcher before = watchers.put(client, watcher);
        if (before != null) {
            before.replaced().run();
        }
        List.copyOf(byId.values()).stream().filter(p -> p.client() == client).forEach(p -> requests.accept(p.dial()));
        return () -> unwatch(client, watcher);
    }

    private synchronized void unwatch(ClientSession client, Watcher watcher) {
        watchers.remove(client, watcher);
    }
}

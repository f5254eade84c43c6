package io.telepresence.manager.session;

import java.time.Instant;

/** A user daemon. */
public final class ClientSession extends Session {
    private final Client client;

    private volatile Instant lastActive;

    ClientSession(String id, Client client, Instant now) {
        super(id, now);
        this.client = client;
    }

    public Client client() {
        return client;
    }

    /** When its user was last seen at work; null while none of its daemons has said so. */
    Instant lastActive() {
        return lastActive;
    }

    /** One of its daemons has seen the user at that time; the latest counts. */
    synchronized void activeAt(Instant time) {
        if (lastActive == null || time.isAfter(lastActive)) {
            lastActive = time;
        }
    }

    @Override
    public String toString() {
        return "client " + client.name();
    }

    /**
     * @param name user@host
     * @param installId tells installations with equal names apart
     * @param namespace the one it is connected to
     */
    public record Client(String name, String installId, String namespace) {}
}

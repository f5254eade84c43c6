package io.telepresence.manager.session;

import java.time.Instant;

/** A user daemon. */
public final class ClientSession extends Session {
    private final Client client;

    ClientSession(String id, Client client, Instant now) {
        super(id, now);
        this.client = client;
    }

    public Client client() {
        return client;
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

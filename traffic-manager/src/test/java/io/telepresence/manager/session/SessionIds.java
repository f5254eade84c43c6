package io.telepresence.manager.session;

/** What only a peer and the manager know: for tests that are the peer. */
public final class SessionIds {
    private SessionIds() {}

    public static String of(PeerSession session) {
        return session.id();
    }
}

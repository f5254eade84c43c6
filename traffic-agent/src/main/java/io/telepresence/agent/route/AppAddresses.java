package io.telepresence.agent.route;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Where one port of the app may listen: on the pod's address (first, since that is where a caller would have reached
 * it), or only on a loopback address. Remembers which one answered last. Thread-safe.
 */
public final class AppAddresses {
    private final List<InetSocketAddress> candidates;
    private final boolean absent;
    private volatile int preferred;

    /** An app that listens somewhere. */
    public AppAddresses(InetAddress pod, int port) {
        this(pod, port, false);
    }

    /** @param absent the agent stands in the app's place: whoever connected there would reach the agent itself */
    public AppAddresses(InetAddress pod, int port, boolean absent) {
        this.absent = absent;
        this.candidates = List.of(
                new InetSocketAddress(pod, port),
                new InetSocketAddress("127.0.0.1", port),
                new InetSocketAddress("::1", port));
    }

    /** Whether there is no app, so that nothing may be sent to any of the addresses. */
    public boolean isAbsent() {
        return absent;
    }

    /** How many addresses there are to try. */
    public int count() {
        return candidates.size();
    }

    /** The address as callers from outside know it. */
    public InetSocketAddress official() {
        return candidates.getFirst();
    }

    /** The index of the address to try first; the next ones follow cyclically. */
    public int first() {
        return preferred;
    }

    public InetSocketAddress get(int index) {
        return candidates.get(index % candidates.size());
    }

    /** The app answered there. */
    public void answered(int index) {
        int found = index % candidates.size();
        if (found != preferred) {
            preferred = found;
        }
    }
}

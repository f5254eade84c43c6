package io.telepresence.agent.udp;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes of datagrams that are on their way inside this agent, all sources together. Thread-safe. */
final class TransitBudget {
    /** What a network drops, this drops beyond that. */
    static final TransitBudget OF_AGENT = new TransitBudget(8 << 20);

    private final long most;
    private final AtomicLong taken = new AtomicLong();

    TransitBudget(long most) {
        this.most = most;
    }

    /** False: there is no room, and nothing was taken. */
    boolean take(int bytes) {
        if (taken.addAndGet(bytes) > most) {
            taken.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    void give(int bytes) {
        taken.addAndGet(-bytes);
    }

    long taken() {
        return taken.get();
    }
}

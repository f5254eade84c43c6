package io.telepresence.agent.tap;

import io.telepresence.agent.rules.Target;
import java.net.InetSocketAddress;

/** Opens copies of what comes to one port of the app. Thread-safe. */
@FunctionalInterface
public interface Taps {
    /**
     * Begins a copy; returns at once. Never null and never throws: a copy that cannot be had is a tee that drops
     * everything and has been counted.
     *
     * @param target the laptop that gets the copy
     * @param caller whose connection it is
     */
    Tee open(Target target, InetSocketAddress caller);
}

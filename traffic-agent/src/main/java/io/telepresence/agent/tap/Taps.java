package io.telepresence.agent.tap;

import io.telepresence.agent.rules.Target;
import java.net.InetSocketAddress;

/**
 * Opens copies of what comes to one port of the app. Thread-safe. Both methods return at once, never null, and never
 * throw: a copy that cannot be had is a tee that drops everything and has been counted.
 */
public interface Taps {
    /** No copies at all. */
    Taps NONE = new Taps() {
        @Override
        public Tee open(Target target, InetSocketAddress caller) {
            return Tee.NONE;
        }

        @Override
        public Tee openRequest(Target target, InetSocketAddress caller) {
            return Tee.NONE;
        }
    };

    /**
     * Begins the copy of a connection: the laptop sees the end of the caller's direction when {@link Tee#end} says so.
     *
     * @param target the laptop that gets the copy
     * @param caller whose connection it is
     */
    Tee open(Target target, InetSocketAddress caller);

    /**
     * Begins the copy of one HTTP request. After {@link Tee#end} the laptop's server may still answer, before it sees
     * the end of the connection: many servers abandon a request whose caller ends its direction early.
     */
    Tee openRequest(Target target, InetSocketAddress caller);
}

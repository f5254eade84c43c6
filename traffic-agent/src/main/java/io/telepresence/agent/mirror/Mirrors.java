package io.telepresence.agent.mirror;

import io.telepresence.agent.route.ClientEndpoint;
import java.net.InetSocketAddress;

/**
 * Opens copies of what comes to one port of the app. Thread-safe. Both methods return at once, never null, and never
 * throw: a copy that cannot be had is a tee that drops everything and has been counted.
 */
public interface Mirrors {
    /** No copies at all. */
    Mirrors NONE = new Mirrors() {
        @Override
        public Mirror open(ClientEndpoint target, InetSocketAddress caller) {
            return Mirror.NONE;
        }

        @Override
        public Mirror openRequest(ClientEndpoint target, InetSocketAddress caller) {
            return Mirror.NONE;
        }
    };

    /**
     * Begins the copy of a connection: the laptop sees the end of the caller's direction when {@link Mirror#end} says so.
     *
     * @param target the laptop that gets the copy
     * @param caller whose connection it is
     */
    Mirror open(ClientEndpoint target, InetSocketAddress caller);

    /**
     * Begins the copy of one HTTP request. After {@link Mirror#end} the laptop's server may still answer, before it sees
     * the end of the connection: many servers abandon a request whose caller ends its direction early.
     */
    Mirror openRequest(ClientEndpoint target, InetSocketAddress caller);
}

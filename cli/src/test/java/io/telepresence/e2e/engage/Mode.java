package io.telepresence.e2e.engage;

import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.harness.Result;
import java.nio.file.Path;

/** How a developer works: with the daemons on the laptop, or with everything in containers. */
public interface Mode {
    Result telepresence(String... arguments);

    /** The same as the cluster's administrator. */
    Result asAdministrator(String... arguments);

    Result connect();

    /** Ends the session and the daemons; a test may have done so already. */
    default void quit() {
        telepresence("quit", "-s");
    }

    /** Ends the daemon as a crash would. */
    void killDaemon();

    /** Whom the owner of a conflicting engagement is called by others. */
    String owner();

    /** A folder that the developer may write to. */
    Path home();

    /** Starts a command that engages something and runs a handler without an end. */
    Process handler(String... arguments);

    /** A {@link LocalApp} where the daemon delivers to. */
    LocalAppAt app(int port, String name);

    /** The same with socat. */
    Process socat(String... arguments);

    /**
     * Runs a command that engages something, without its flags about volumes and handlers, and a {@link LocalApp} that
     * gets what comes to that port.
     */
    Engaged engage(int port, String name, String... arguments);

    /** An engagement, the program for it, and the volumes of its container. */
    interface Engaged extends AutoCloseable {
        /** What the command has printed. */
        String block();

        /** What {@code TELEPRESENCE_ROOT} is. */
        String root();

        /** Where the volumes are seen; their paths in the container come after {@code $ROOT}. */
        Result sh(String script);

        LocalAppAt app();

        /** One more program beside the first. */
        LocalAppAt another(int port, String name);

        /** Fails unless, soon after the engagement's end, nothing of it is left on the laptop. */
        void assertGone();

        /** Ends the program, not the engagement. */
        @Override
        void close();
    }
}

package io.telepresence.cli.docker;

/** By which our containers and networks are found again, whatever became of the command that made them. */
final class Labels {
    /** Name of the connection, or {@link #BESIDE}. */
    static final String CONNECTION = "io.telepresence.connection";

    /** In place of a connection's name, which never begins so: the daemon is on this machine. */
    static final String BESIDE = "-";

    /** daemon, sandbox, volumes, tools or handler. */
    static final String ROLE = "io.telepresence.role";

    /** Id of the engagement that a handler serves. */
    static final String ENGAGEMENT = "io.telepresence.engagement";

    /** Number of the user who made it: an engine may serve several. */
    static final String OWNER = "io.telepresence.owner";

    /** Process of the command that made it: while it lives, its containers are no orphans. */
    static final String STARTER = "io.telepresence.starter";

    private Labels() {}

    static String of(String label, Object value) {
        return "--label=" + label + "=" + value;
    }

    static String filter(String label, Object value) {
        return "--filter=label=" + label + "=" + value;
    }
}

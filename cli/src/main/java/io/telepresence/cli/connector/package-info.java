/**
 * The gRPC service {@code Connector} as a {@link io.telepresence.cli.daemon.Daemon}: messages become
 * answers. Generated types of answers are seen here, and in {@code cli.registry} where it asks for versions and starts the
 * helper of a daemon in a container; those of requests where options become one. Used by {@code cli.registry} only. Knows nothing of options, and does not know where daemons are.
 */
package io.telepresence.cli.connector;

/**
 * The gRPC service {@code Connector} as a {@link io.telepresence.cli.daemon.Daemon}: requests become messages, messages
 * answers. Generated types are seen here, and in {@code cli.registry} where it asks for versions and starts the helper of a
 * daemon in a container. Used by {@code cli.registry} only. Knows nothing of options, and does not know where daemons are.
 */
package io.telepresence.cli.connector;

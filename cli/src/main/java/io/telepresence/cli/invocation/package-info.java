/**
 * What every command shares: the interface of a command, the invocation that it serves, kinds of options, the Kubernetes
 * flags, values that several commands read, and the daemon with a session that it needs. Used by {@code cli} and by all
 * commands. Knows picocli's programmatic model and the daemons' interface; no command, nothing of gRPC or processes.
 */
package io.telepresence.cli.invocation;

/**
 * Finds, starts and asks the local daemons. Used by {@code cli.command}, through {@link io.telepresence.cli.daemon.Daemons}
 * and {@link io.telepresence.cli.daemon.Daemon}; only the translators here see generated types. Knows nothing of options
 * and prints nothing.
 */
package io.telepresence.cli.daemon;

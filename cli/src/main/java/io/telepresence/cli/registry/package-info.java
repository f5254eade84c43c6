/**
 * The daemons that this user has: finds those of this machine and those in containers, starts them, and chooses the one that
 * a command is about. Used by {@code cli}, the commands and {@code cli.docker}. Knows nothing of options and prints
 * nothing.
 */
package io.telepresence.cli.registry;

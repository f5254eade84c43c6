/**
 * The user daemon as commands see it: its interface, what it is asked for ({@code …Request}) and what it answers. Used by
 * every command, by {@code cli.connector}, which implements it, and by {@code cli.registry} and {@code cli.docker}. Knows
 * no message types, options or processes, and prints nothing.
 */
package io.telepresence.cli.daemon;

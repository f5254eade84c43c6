/**
 * The user daemon as commands see it: its interface, which takes requests as messages, and what it answers. Used by
 * every command, by {@code cli.connector}, which implements it, and by {@code cli.registry} and {@code cli.docker}. Answers
 * are no messages; knows no options or processes, and prints nothing.
 */
package io.telepresence.cli.daemon;

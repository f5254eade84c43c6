/**
 * The command {@code telepresence}: the list of all commands, which of them was typed and what may complete it, its options
 * parsed, and what came of it printed. Nobody uses it but the shell.
 */
package io.telepresence.cli;

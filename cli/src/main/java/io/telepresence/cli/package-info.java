/**
 * The command {@code telepresence}: finds the command that was typed, parses its options, runs it, and prints what came
 * of it. Nobody uses it but the shell.
 */
package io.telepresence.cli;

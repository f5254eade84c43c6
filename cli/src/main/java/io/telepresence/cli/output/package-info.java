/**
 * Turns what a command has to say into text, JSON, YAML or a stream of JSON, and shows progress. Used by {@code cli} and
 * the commands. Knows trees of maps, lists and values; nothing of daemons or options.
 */
package io.telepresence.cli.output;

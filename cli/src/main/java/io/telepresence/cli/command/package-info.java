/**
 * One class per command: options become a request, the request one call, the answer is shown. Used by {@code cli}. Knows
 * picocli's programmatic model and the daemons' interface; nothing of gRPC, processes or output formats.
 */
package io.telepresence.cli.command;

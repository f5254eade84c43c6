/**
 * Counts and last verdicts of each engagement, sent to the manager with every heartbeat. Written by the protocol handlers,
 * read by {@code manager}; knows nothing of sockets.
 */
package io.telepresence.agent.report;

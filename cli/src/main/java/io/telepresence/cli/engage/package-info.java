/**
 * Engagements from the command line: intercept, replace, wiretap, ingest with their handlers, leave and list, and how an
 * engagement is shown. Used by {@code cli}, and by explain for how it is shown. Options become one message
 * ({@code EngageRequests}), the message one call; knows nothing of gRPC, nor of how daemons are found.
 */
package io.telepresence.cli.engage;

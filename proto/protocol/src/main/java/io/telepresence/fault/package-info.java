/**
 * What went wrong, as a sentence for the user: raised anywhere, carried over gRPC, printed by the command line. Used by
 * every process. Knows gRPC statuses, but nothing of who calls whom.
 */
package io.telepresence.fault;

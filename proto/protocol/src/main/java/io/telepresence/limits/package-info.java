/**
 * What a caller that nobody knows yet can make a server keep: connections, bytes, calls, time. Used by every server that a
 * pod of the cluster reaches. Knows nothing of what is said over the connections.
 */
package io.telepresence.limits;

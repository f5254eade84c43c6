/**
 * Unix sockets between the processes of one laptop: gRPC over them, owner-only, with the peer's credentials checked.
 * Used by the command line and both daemons. Knows nothing of what is said over them.
 */
package io.telepresence.local;

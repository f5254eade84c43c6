/**
 * Who is at the other end of a client's connection: the user whom the API server has stamped on a ticket, bound to the key
 * that the connection has proved. Used by sessions, rights and the gRPC edge. Knows nothing of what a user may do.
 */
package io.telepresence.manager.identity;

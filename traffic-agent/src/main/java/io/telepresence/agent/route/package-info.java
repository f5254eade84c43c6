/**
 * Where the traffic of a port goes: pure values and functions, asked for every new connection, request and datagram. Used by
 * the protocol handlers; knows nothing of sockets or of the wire.
 */
package io.telepresence.agent.route;

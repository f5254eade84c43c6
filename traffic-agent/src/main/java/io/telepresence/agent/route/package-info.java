/**
 * Where the traffic of a port goes: pure values and functions, asked at every new connection and datagram. Used by the
 * forwarders; knows nothing of sockets or of the wire.
 */
package io.telepresence.agent.route;

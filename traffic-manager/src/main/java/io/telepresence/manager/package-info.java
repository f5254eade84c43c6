/**
 * The traffic-manager: its start, the wiring of its parts, and the gRPC edges for clients and agents. The edges
 * translate and call; they decide nothing.
 */
package io.telepresence.manager;

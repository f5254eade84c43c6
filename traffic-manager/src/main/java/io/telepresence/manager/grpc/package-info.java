/**
 * The gRPC edges for clients and agents: who calls, what a call means, the answer on the wire, and the streams of what
 * changes. Used by the wiring. They translate and call; they decide nothing.
 */
package io.telepresence.manager.grpc;

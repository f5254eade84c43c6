/**
 * Flows over gRPC: the connection, one stream for each flow, frames without copies, the servers that take them. Used by {@code tunnel.pool} and
 * by the manager; knows no sockets of anybody's traffic.
 */
package io.telepresence.tunnel.grpc;

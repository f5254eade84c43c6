/**
 * Byte streams and datagrams between laptop and cluster: one gRPC stream per flow, credit and half-close end to end.
 * Used by all four daemons. Knows nothing of TUN devices, Kubernetes or engagements; the only package that touches
 * {@code rpc.tunnel}, apart from those who read an {@code Open} frame. docs/protocol.md tells the rules.
 */
package io.telepresence.tunnel;

/**
 * Byte streams and datagrams between laptop and cluster, with credit and half-close end to end: what a flow is. Its rooms:
 * {@code grpc} (how it travels), {@code pool} (connections and clients), {@code splice} (where it ends). Used by all four
 * daemons; knows nothing of TUN devices, Kubernetes or engagements. docs/protocol.md has the rules.
 */
package io.telepresence.tunnel;

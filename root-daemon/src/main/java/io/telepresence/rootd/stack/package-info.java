/**
 * Turns packets of a TUN device into flows of the tunnel. TCP is ended by the kernel: packets are only rewritten so that
 * they reach a listener of ours; UDP and ICMP echo are mapped here. Used by {@code rootd.session} only, through
 * {@link io.telepresence.rootd.stack.Stack}; knows nothing of routes, DNS, gRPC or sessions.
 */
package io.telepresence.rootd.stack;

/**
 * The TUN device of this machine: opens it, reads and writes packets, and explains why it could not be opened. Used by
 * {@code rootd.session} (opens) and {@code rootd.stack} (reads and writes); knows nothing of addresses or routes.
 */
package io.telepresence.rootd.tun;

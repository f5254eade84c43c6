/**
 * The unix socket behind which the manager answers: bytes between local connections and those into the cluster. Used by
 * connect only. Knows nothing of what the bytes mean.
 */
package io.telepresence.userd.relay;

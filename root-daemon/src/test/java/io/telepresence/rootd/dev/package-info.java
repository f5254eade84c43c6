/**
 * Stand-ins for the root daemon's two neighbours, to run the real daemon without a cluster. Used by the checks in network
 * namespaces; knows nothing of the daemon's inside.
 */
package io.telepresence.rootd.dev;

/**
 * The root daemon seen from the user daemon: started, given the desired network, watched. Used by connect and the edge.
 * Knows nothing of Kubernetes.
 */
package io.telepresence.userd.rootd;

/**
 * The root daemon seen from the user daemon: started, told the wished network, watched. Used by connect. Knows nothing of
 * Kubernetes.
 */
package io.telepresence.userd.root;

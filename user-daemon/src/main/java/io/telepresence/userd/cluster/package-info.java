/**
 * The way into the cluster: kubeconfig, credentials, API server, port-forward, and the session with the manager. Used by
 * connect, relay and engage. Knows nothing of the root daemon, nor of what the session is used for.
 */
package io.telepresence.userd.cluster;

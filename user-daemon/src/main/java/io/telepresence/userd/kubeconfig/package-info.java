/**
 * Which cluster, as whom, in which namespace: kubeconfig files merged and resolved as kubectl does, the caller's flags over
 * them, the proxy on the way, and credentials with the plugins that make them. Used by apiserver, connect, helm, kubeauth
 * and the edge. Reads files and runs plugins; knows nothing of connections, messages or the manager.
 */
package io.telepresence.userd.kubeconfig;

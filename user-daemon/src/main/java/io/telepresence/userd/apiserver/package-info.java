/**
 * The API server: connections to it through proxies and TLS, the few requests that a client sends itself, the manager's
 * pod, and port-forwards to that pod. Used by connect, relay and the edge. Knows what a kubeconfig resolves to, nothing of
 * what goes through a port-forward.
 */
package io.telepresence.userd.apiserver;

/**
 * What the agent in a pod is told: which workloads want one, its configuration, and what annotations, services and
 * container ports say about it. Used by whoever makes or judges a pod with an agent. Knows nothing of how it gets there,
 * nor of sessions and engagements.
 */
package io.telepresence.manager.sidecar;

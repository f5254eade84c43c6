/**
 * Workloads, pods and who owns them, as the watches have them, and what is written in a pod: its containers, its ports,
 * what the kubelet asks of it. Used by every room that looks at a workload or a pod. Knows nothing of sessions and
 * engagements, and changes nothing in the cluster.
 */
package io.telepresence.manager.cluster;

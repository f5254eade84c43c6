/**
 * What the manager knows of the cluster: workloads, pods, services, subnets, DNS; all from watches. Used by every other
 * package of the manager. Knows nothing of sessions and engagements, and changes nothing in the cluster.
 */
package io.telepresence.manager.cluster;

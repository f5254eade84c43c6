/**
 * Addresses and names of the cluster: subnets of pods and services, its DNS, and whether a service address answers. Used
 * by the gRPC edge, which tells clients. Knows nothing of workloads, sessions and engagements.
 */
package io.telepresence.manager.network;

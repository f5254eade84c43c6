/**
 * The whole path in one process: command to session, packet to program and back, with everything real between the device
 * of the laptop and the pod, on the loopback. Runs without rights and without a cluster.
 */
package io.telepresence.path;

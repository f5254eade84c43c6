/**
 * Volumes of pods on this machine's file system: sshfs, fed over its standard streams by a flow, mounted again when the
 * flow broke, and taken away for certain at the end. Used by engage only. Knows flows through podaccess, nothing of
 * Kubernetes.
 */
package io.telepresence.userd.mount;

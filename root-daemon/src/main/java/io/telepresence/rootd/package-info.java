/**
 * The root daemon: the one privileged process on the laptop. Start, options, life, and the gRPC edge that the user
 * daemon talks to. Holds no credentials and reads neither kubeconfig nor the user's home.
 */
package io.telepresence.rootd;

/**
 * The border between a daemon in a container and the workstation outside: the daemon asks for kubeconfigs, configuration
 * and credentials ({@code KubeAuthClient}, {@code KubeAuthSources}), a process on the workstation answers
 * ({@code KubeAuthMain}, {@code KubeAuthResolver}). Used by the daemon's wiring and run as a program of its own. Knows
 * nothing of Docker.
 */
package io.telepresence.userd.kubeauth;

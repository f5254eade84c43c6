/**
 * The border between a daemon in a container and the laptop outside: the daemon asks for kubeconfigs, configuration and
 * credentials ({@code HostLink}, {@code HostSources}), a helper on the laptop answers ({@code HostAnswers}). Used by the
 * daemon's wiring and by the helper. Knows nothing of Docker.
 */
package io.telepresence.userd.host;

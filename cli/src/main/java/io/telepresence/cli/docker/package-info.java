/**
 * Docker mode, by the {@code docker} command: containers of daemons, the network that they share with the user's own
 * containers, and those containers. Used by {@code cli.connect}, {@code cli.engage},
 * {@code cli.container} and {@code cli.explain}. Knows nothing of Kubernetes but the API server's URL.
 */
package io.telepresence.cli.docker;

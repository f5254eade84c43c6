/**
 * Puts addresses, routes, firewall and DNS settings on this machine and takes them off again, writing down first how.
 * Used by {@code rootd.session} and the daemon's start. Knows nothing of Kubernetes or gRPC: it is given finished plans.
 */
package io.telepresence.rootd.host;

package io.telepresence.rootd.host;

import io.telepresence.base.Cidr;

/**
 * A route into the tunnel.
 *
 * @param first true: it goes before routes of the same prefix that the machine has already
 */
public record TunRoute(Cidr subnet, boolean first) {}

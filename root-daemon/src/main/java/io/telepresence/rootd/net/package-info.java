/**
 * Addresses and prefixes as values, IPv4 and IPv6 alike. Used by every package of the root daemon that speaks of
 * networks. Does no input or output.
 */
package io.telepresence.rootd.net;

/**
 * One network session: decides what shall be routed and resolved through the tunnel, puts it on this machine, and takes
 * it off again. Used by the gRPC edge; knows neither who calls nor how packets and DNS messages look.
 */
package io.telepresence.rootd.session;

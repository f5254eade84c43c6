/** Runs the packet path alone, with an uplink that dials directly. Used by {@code scripts/bench-tun} only. */
package io.telepresence.rootd.bench;

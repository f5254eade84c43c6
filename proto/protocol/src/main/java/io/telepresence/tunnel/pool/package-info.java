/**
 * Several connections to a manager kept open, and what a client of the tunnel does over them: dials, delivers, fetches, reaches into pods. Used
 * by both daemons of the laptop and by agents; knows nothing of what goes through a flow.
 */
package io.telepresence.tunnel.pool;

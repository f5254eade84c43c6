/** Connections: how one begins and ends, who may have one, and between which versions. */
package io.telepresence.e2e.connect;

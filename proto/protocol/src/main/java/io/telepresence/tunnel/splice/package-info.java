/**
 * Joins a flow with a socket, with datagrams of one sender, or with another flow: bytes pass as fast as the slower end
 * takes them. Used wherever a flow ends; knows nothing of who opened it.
 */
package io.telepresence.tunnel.splice;

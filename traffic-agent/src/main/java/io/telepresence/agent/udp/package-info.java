/**
 * Datagrams to a port of the app: passed on to the app, or delivered to a laptop, one flow for each source address. Used
 * by the listeners; does not look into the bytes.
 */
package io.telepresence.agent.udp;

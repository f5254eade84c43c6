/**
 * Connections to a port of the app: passed on raw to the app, or delivered to a laptop, with half-close, reset and
 * backpressure as they are. Used by the listeners; does not look into the bytes.
 */
package io.telepresence.agent.tcp;

/**
 * Callers' TCP connections: forwards them as they are, or finds out what they speak and hands them to who speaks it.
 * Used by the listeners.
 */
package io.telepresence.agent.tcp;

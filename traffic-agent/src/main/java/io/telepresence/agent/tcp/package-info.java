/** Callers' TCP connections: forwards them unread, or hands them to the handler of their protocol. Used by {@code listener}. */
package io.telepresence.agent.tcp;

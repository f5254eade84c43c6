/**
 * Flows through the manager: dials into the cluster for clients, and hands connections of agents to the clients that
 * engaged them. Used by the manager's wiring. Knows sessions, but not why an engagement exists.
 */
package io.telepresence.manager.tunnel;

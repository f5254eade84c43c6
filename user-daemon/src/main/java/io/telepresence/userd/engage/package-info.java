/**
 * Engagements as this client wants them, the delivery of their connections to local programs, and what the laptop has of
 * them: environment, volumes, ports. Used by connect and the edge. Knows the manager's session, nothing of the root daemon.
 */
package io.telepresence.userd.engage;

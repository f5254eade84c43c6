/**
 * Engagements as this laptop wishes them, and the delivery of their connections to local programs. Used by connect and the
 * edge. Knows the manager's session, nothing of the root daemon.
 */
package io.telepresence.userd.engage;

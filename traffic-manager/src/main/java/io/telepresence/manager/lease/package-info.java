/**
 * Sees to it that one manager of an installation serves at a time. Used by the manager's start. Knows nothing of what it
 * serves.
 */
package io.telepresence.manager.lease;

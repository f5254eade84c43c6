/**
 * Who has engaged what: the registry with its rules of conflict and of revocation, and which workload, container and
 * ports a request means. Used by the rooms that begin, serve and report engagements. Knows nothing of webhooks, of the
 * replacement of pods, or of flows.
 */
package io.telepresence.manager.engagement;

/**
 * Replaces the pods of a workload, one after the other and within its own rules, so that the webhook sees them anew;
 * finds the owner of a pod, and lets pods wait for each other. Used by the room {@code lifecycle}, the webhook and the
 * uninstaller. Knows nothing of sessions, of engagements, or of how an agent looks.
 */
package io.telepresence.manager.rollout;

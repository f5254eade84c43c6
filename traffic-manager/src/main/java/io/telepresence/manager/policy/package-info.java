/**
 * What administrators forbid users who engage workloads, by namespace and by labels: the Helm value {@code policies}. Used by
 * the rooms that begin, serve and report engagements. Knows nothing of who is here, and changes nothing.
 */
package io.telepresence.manager.policy;

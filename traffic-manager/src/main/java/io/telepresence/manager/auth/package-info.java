/**
 * Makes sure that an agent is the pod that it says it is. Used by the edge where agents arrive. Knows the API server's
 * TokenReview, nothing of sessions.
 */
package io.telepresence.manager.auth;

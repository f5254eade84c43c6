/**
 * The mutating webhook: who may call it, which pods get an agent, the answer as a patch, and the check that the API server
 * reaches it. Used by {@code Injection}, which opens it. Knows nothing of sessions, flows or who asked for an engagement.
 */
package io.telepresence.manager.webhook;

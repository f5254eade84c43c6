/**
 * Brings agents into pods and takes them out again: the mutating webhook, the pure change of a pod, the check that the
 * API server reaches the webhook, and the replacement of running pods. Used by the manager's wiring through {@code
 * Injector}; knows nothing of sessions, flows or who asked for an engagement.
 */
package io.telepresence.manager.inject;

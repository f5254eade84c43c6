/**
 * Whether an engagement is served: which ready pods have an agent that listens, which go past it, and what keeps the
 * others from becoming ready. Used by the room {@code lifecycle}, which waits for it, and by the reports. Changes
 * nothing; knows nothing of the webhook.
 */
package io.telepresence.manager.readiness;

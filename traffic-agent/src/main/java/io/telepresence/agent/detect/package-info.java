/**
 * Tells which protocol a caller speaks from its first bytes, and where its messages begin and end. Used before a
 * connection has a handler; knows nothing of engagements or of where traffic goes.
 */
package io.telepresence.agent.detect;

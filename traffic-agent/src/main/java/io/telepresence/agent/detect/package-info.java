/**
 * What a caller speaks, told from its first bytes, and where the messages of a protocol begin and end. Used before a
 * connection has a handler; knows nothing of engagements or of where traffic goes.
 */
package io.telepresence.agent.detect;

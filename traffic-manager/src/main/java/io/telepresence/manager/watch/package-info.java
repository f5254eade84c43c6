/**
 * The API server as it is watched: the client for it, the objects as they are kept in memory, and who is told of their
 * changes. Used by the rooms {@code cluster} and {@code network}, which know what the objects mean. Knows nothing of that.
 */
package io.telepresence.manager.watch;

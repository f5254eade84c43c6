/**
 * The manager's own log: level, and the last part of it kept in memory for those who gather logs; and the logs of
 * agents, read through the API server. Used by the wiring and the edge. The only package that knows the log library.
 */
package io.telepresence.manager.log;

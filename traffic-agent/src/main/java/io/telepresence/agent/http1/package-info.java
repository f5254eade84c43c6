/**
 * HTTP/1.x on ports where somebody wants only some of the requests: a verdict for every request, also on kept
 * connections, and the bytes passed on as they are. Used by the forwarder of connections; hands what is no HTTP back to
 * it.
 */
package io.telepresence.agent.http1;

/**
 * HTTP/1.x on ports where somebody wants only some of the requests. Routes every request by itself, also on kept
 * connections, and passes the bytes on unchanged. Used by {@code tcp}, which gets back what turns out not to be HTTP.
 */
package io.telepresence.agent.http1;

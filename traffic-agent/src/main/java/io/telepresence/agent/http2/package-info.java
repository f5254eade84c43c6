/**
 * HTTP/2 with callers. Routes every stream by itself, over one connection to each destination, with flow control coupled
 * from end to end. Knows only channels, whether they lead to the app or to a client, in the clear or inside TLS.
 */
package io.telepresence.agent.http2;

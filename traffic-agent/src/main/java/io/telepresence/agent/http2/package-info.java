/**
 * HTTP/2 with callers: a verdict for every stream, each stream on a connection to where it goes, flow control coupled
 * from end to end. Used once a caller has begun to speak HTTP/2; knows only channels, whether they lead to the app or to
 * a laptop, in the clear or inside TLS.
 */
package io.telepresence.agent.http2;

/** What passes unharmed through engagements: HTTP/2, gRPC, WebSocket, TLS, long streams. */
package io.telepresence.e2e.protocol;

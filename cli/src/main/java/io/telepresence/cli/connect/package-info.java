/**
 * Commands about the connection itself: connect (on this machine and with {@code --docker}), quit, status, and what can be
 * listed without engagements. Used by {@code cli} only. Knows nothing of how engagements are asked for or shown.
 */
package io.telepresence.cli.connect;

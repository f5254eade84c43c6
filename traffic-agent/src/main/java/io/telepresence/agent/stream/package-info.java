/**
 * Byte streams as Netty channels, whether they lead to the app or through the tunnel to a laptop, and two of them joined.
 * Used by everything that speaks a protocol with callers; knows none itself.
 */
package io.telepresence.agent.stream;

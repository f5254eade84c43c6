/** Copies of traffic for wiretaps: bounded, and never in the way of the original. Used by the protocol handlers. */
package io.telepresence.agent.mirror;

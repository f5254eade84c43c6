/**
 * Copies of traffic to laptops with a wiretap: bounded, and never in the way of the original. Used by the forwarders.
 */
package io.telepresence.agent.mirror;

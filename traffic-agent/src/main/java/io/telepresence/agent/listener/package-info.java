/**
 * The ports of the pod that the agent stands in for: listening on them, and leading packets to them. Used by the
 * wiring; hands what arrives to the forwarders and knows nothing of engagements.
 */
package io.telepresence.agent.listener;

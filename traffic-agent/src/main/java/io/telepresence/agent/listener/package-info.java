/**
 * The pod's ports that the agent stands in front of: listens on them, and redirects packets to them. Used by the wiring;
 * hands connections and datagrams to the forwarders, and knows nothing of engagements.
 */
package io.telepresence.agent.listener;

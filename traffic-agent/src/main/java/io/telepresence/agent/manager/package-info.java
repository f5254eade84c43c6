/**
 * The agent's side of the manager's agent port: arriving, hearing what is engaged, opening flows to laptops. Used by the
 * forwarders and the wiring; the only package of the agent that speaks gRPC.
 */
package io.telepresence.agent.manager;

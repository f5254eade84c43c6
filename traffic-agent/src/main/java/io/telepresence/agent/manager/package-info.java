/**
 * The agent's side of the manager's agent port: registers, receives the engagements, opens flows to clients. Used by the
 * forwarders and the wiring; the only room of the agent that speaks gRPC.
 */
package io.telepresence.agent.manager;

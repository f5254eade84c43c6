/**
 * What this agent has done for each engagement: counts and the last verdicts, told to the manager with every heartbeat.
 * Used by the forwarders, which tell, and by the link, which passes it on; knows nothing of sockets.
 */
package io.telepresence.agent.report;

/**
 * Who has engaged which workload: the registry, the rules of conflict, ports, and the wait for agents. Used by the
 * manager's gRPC edges; the injector implements {@code AgentInstaller} and reads {@code WishedAgents}. Knows nothing of
 * flows.
 */
package io.telepresence.manager.engage;

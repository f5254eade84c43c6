/**
 * What clients that engaged the workload may have from inside its pod: the environment of a container, its files, a port on
 * the pod's loopback. Nothing listens for it: the manager asks, and the agent opens the flow.
 */
package io.telepresence.agent.podaccess;

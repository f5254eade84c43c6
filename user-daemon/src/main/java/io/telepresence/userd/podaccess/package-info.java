/**
 * What a client has of a pod that it has engaged: the environment and the volumes of a container, and ports on the
 * pod's loopback, each as a flow that the manager asks an agent to fetch. Used by mount, engage and connect. Knows
 * nothing of where files are mounted.
 */
package io.telepresence.userd.podaccess;

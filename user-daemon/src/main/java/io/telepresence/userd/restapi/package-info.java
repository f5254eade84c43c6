/**
 * The REST API for programs on this workstation that take work from elsewhere than connections, such as queue consumers:
 * whether a message with certain headers belongs here. Used by connect only. Knows engagements, nothing of the cluster.
 */
package io.telepresence.userd.restapi;

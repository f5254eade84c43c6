/**
 * The REST API for programs in the pod that take work from elsewhere than connections, such as queue consumers: whether
 * a message with certain headers belongs to the pod or to somebody's laptop. Used by the wiring.
 */
package io.telepresence.agent.restapi;

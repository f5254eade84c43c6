/**
 * The REST API for programs that take work from elsewhere than connections, such as queue consumers: the same questions in
 * a pod and on a laptop, answered from opposite sides. Used by agent and user daemon; knows HTTP, nothing of engagements.
 */
package io.telepresence.rest;

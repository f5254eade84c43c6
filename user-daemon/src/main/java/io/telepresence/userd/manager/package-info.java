/**
 * The client's session with the traffic-manager: it arrives, beats, resumes after the manager or this machine stood still,
 * and opens streams again that broke. Used by connect, engage and the edge. Knows nothing of how the manager is reached,
 * nor of what the session is used for.
 */
package io.telepresence.userd.manager;
